import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const version = '1.10.0';
const parts =
  'runner workflow-load workflow-unload connectors-csv connectors-json codecs-text codecs-jdk executor-reactor batcher-reactor mapping sampler';

/** The words that start DSBulk; its jars come from Maven, once. */
export async function dsbulk(): Promise<readonly string[]> {
  const folder = join(homedir(), '.cache/cqlform', `dsbulk-${version}`);
  if (!existsSync(folder)) await fetchJars(folder);
  return ['java', '-cp', `${folder}/*`, 'com.datastax.oss.dsbulk.runner.DataStaxBulkLoader'];
}

async function fetchJars(folder: string): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'dsbulk-'));
  const dependency = (group: string, artifact: string, of: string): string =>
    `<dependency><groupId>${group}</groupId><artifactId>${artifact}</artifactId><version>${of}</version></dependency>`;
  const dependencies = [
    ...parts.split(' ').map((part) => dependency('com.datastax.oss', `dsbulk-${part}`, version)),
    dependency('ch.qos.logback', 'logback-classic', '1.2.11'),
  ];
  await writeFile(
    join(work, 'pom.xml'),
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>cqlform</groupId><artifactId>bench</artifactId><version>1</version><packaging>pom</packaging><dependencies>${dependencies.join('')}</dependencies></project>`,
  );
  const jars = join(work, 'jars');
  await promisify(execFile)('mvn', ['-q', '-B', 'dependency:copy-dependencies', `-DoutputDirectory=${jars}`], {
    cwd: work,
  });
  await mkdir(join(folder, '..'), { recursive: true });
  await rename(jars, folder);
}
