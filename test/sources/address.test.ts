import { describe, expect, it } from 'vitest';
import type { SourceAddress } from '../../src/ports/source.ts';
import { loginOf } from '../../src/sources/sql/address.ts';
import { loadDriver } from '../../src/sources/sql/driver.ts';
import { byUrl } from './sql-source.ts';

const system = { schemes: ['mysql', 'mariadb'], port: 3306 };
const login = (address: SourceAddress) => loginOf('shop', address, system);

describe('the address of a source', () => {
  it('is a URL, its parts decoded', async () => {
    expect(await login(byUrl('mysql://read%40er:p%3Ass@db.internal:3307/my%20shop'))).toEqual({
      host: 'db.internal',
      port: 3307,
      database: 'my shop',
      user: 'read@er',
      password: 'p:ss',
      tls: null,
    });
    expect(await login(byUrl('mariadb://reader@[::1]/shop'))).toMatchObject({
      host: '::1',
      port: 3306,
      password: null,
    });
    const beside = { ...byUrl('mysql://reader@db/shop'), password: () => 'beside' };
    expect(await login(beside)).toMatchObject({ password: 'beside' });
  });

  it.each([
    'postgres://reader:s3cret@db/shop',
    'mysql://reader:s3cret@db',
    'mysql://reader:s3cret@db/shop?ssl=no',
    'mysql://reader:s3cret%@db/shop',
    'reader:s3cret@db',
  ])('is refused without being shown: %s', async (url) => {
    const thrown = await login(byUrl(url)).catch((error: unknown) => error);
    expect(thrown).toMatchObject({ code: 'SOURCE_ADDRESS_INVALID', exitCode: 64 });
    expect(JSON.stringify(thrown) + String(thrown)).not.toContain('s3cret');
  });

  it('is a server for a system that is one', async () => {
    await expect(login({ kind: 'file', path: '/x' })).rejects.toMatchObject({ code: 'SOURCE_ADDRESS_INVALID' });
  });
});

describe('a driver', () => {
  it('that is not installed is named', async () => {
    const name = 'no-such-driver';
    const thrown = await loadDriver(name, () => import(name)).catch((error: unknown) => error);
    expect(thrown).toMatchObject({
      code: 'SOURCE_DRIVER_MISSING',
      next: expect.stringContaining(`npm install --save-dev ${name}`),
    });
  });
});
