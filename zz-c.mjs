import { Client } from 'cassandra-driver';
const k = new Client({ contactPoints: [process.env.NODEADDR], localDataCenter: 'datacenter1' }); await k.connect();
if (process.argv[2] === 'fill') for (let i = 0; i < 3000; i += 50) await Promise.all(Array.from({length:50},(_,j)=>k.execute('update rb_src.hits set n = n + ?, m = m + ? where p=? and c=?', [i+j, -(i+j), (i+j)%100, i+j], {prepare:true})));
else { const a = new Map(), b = new Map(); for (const [t,m] of [['rb_src.hits',a],['rb_cnt.hits',b]]) for await (const r of k.stream(`select * from ${t}`)) m.set(r.p+'/'+r.c, r.n+'/'+r.m); let diff=0; for (const [x,v] of a) if (b.get(x)!==v) { if (diff++<5) console.log(x,v,b.get(x)); } console.log('rows', a.size, b.size, 'diff', diff); }
await k.shutdown();
