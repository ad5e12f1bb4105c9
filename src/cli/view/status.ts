import type { MigrationStatus, StatusReport } from '../../app/status.ts';
import { deviations } from '../../model/change.ts';
import type { Paint } from './paint.ts';

export function statusText(report: StatusReport, paint: Paint): string {
  const { keyspace, cluster, version, environment, migrations } = report;
  const lines = [
    `Keyspace ${paint.strong(keyspace)} on ${cluster}, Cassandra ${version}${environment === null ? '' : `, environment ${environment}`}`,
  ];
  if (!report.keyspaceExists) lines.push(paint.faint('The keyspace does not exist yet.'));
  lines.push(
    '',
    ...(migrations.length === 0 ? [paint.faint('No migrations.')] : migrations.map((one) => migrationLine(one, paint))),
  );
  const count = (status: MigrationStatus['status']): number => migrations.filter((one) => one.status === status).length;
  lines.push(
    '',
    `${count('applied') + count('baselined')} applied, ${count('pending') + count('rolled-back')} pending.`,
  );
  if (report.unfinished !== null) {
    const { id, direction, error } = report.unfinished;
    lines.push(
      paint.fail(`Run ${id} (${direction}) is unfinished${error === null ? '' : `: ${error.code}: ${error.message}`}`),
    );
  }
  const drifted = deviations(report.drift);
  const at = drifted.map((item) => item.address).join(', ');
  // What an unfinished run has done is recorded when it ends.
  if (drifted.length > 0)
    lines.push(
      paint.warn(
        report.unfinished === null ? `Drift at ${at}.` : `Changed, by the unfinished run or besides it: ${at}.`,
      ),
    );
  if (report.lease !== null) lines.push(paint.warn(`The lease is held by ${report.lease.owner}.`));
  return lines.join('\n');
}

function migrationLine(one: MigrationStatus, paint: Paint): string {
  const sign = {
    applied: paint.good('✓'),
    baselined: paint.good('✓'),
    pending: paint.change('·'),
    partial: paint.fail('!'),
    'rolled-back': paint.change('·'),
  }[one.status];
  const words = {
    applied: 'applied',
    baselined: 'baselined',
    pending: 'pending',
    partial: 'half-way',
    'rolled-back': 'pending, rolled back',
  }[one.status];
  const when = one.at === null ? '' : ` ${one.at.slice(0, 19).replace('T', ' ')} UTC`;
  const file = one.fileMissing ? paint.warn('  its file is not in this checkout') : '';
  return `  ${sign} ${one.id}  ${paint.faint(`${words}${when}`)}${file}`;
}
