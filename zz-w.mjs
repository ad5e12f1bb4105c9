import pg from 'pg'; import { Client } from 'cassandra-driver';
const c = new pg.Client(process.env.PG_URL); await c.connect();
const k = new Client({ contactPoints: [process.env.NODEADDR], localDataCenter: 'datacenter1', keyspace: 'rb_cu' }); await k.connect();
const until = Date.now() + Number(process.argv[2]) * 1000; let n = 0, d = 0, dual = 0;
while (Date.now() < until) {
  const id = 1 + Math.floor(Math.random() * 200500);
  if (n % 10 === 9) { // dual delete
    await c.query('delete from acc where id=$1', [id]); await k.execute('delete from accounts where id=?', [id], { prepare: true }); d++;
  } else if (n % 3 === 0) { // dual write
    const r = await c.query(`insert into acc values ($1::int,'w '||$1::int,null,$2::int,clock_timestamp()) on conflict (id) do update set city=null, n=$2::int, updated_at=clock_timestamp() returning *`, [id, n]);
    const x = r.rows[0];
    await k.execute('insert into accounts (id, owner, city, n, updated_at) values (?,?,?,?,?)', [x.id, x.owner, x.city, x.n, x.updated_at], { prepare: true }); dual++;
  } else await c.query(`insert into acc values ($1::int,'w '||$1::int,null,$2::int,clock_timestamp()) on conflict (id) do update set city=null, n=$2::int, updated_at=clock_timestamp()`, [id, n]);
  n++;
}
console.log('writes', n, 'deletes', d, 'dual', dual); await c.end(); await k.shutdown();
