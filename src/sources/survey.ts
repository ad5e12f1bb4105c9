import type { OpenSurvey, Survey, SurveyedTable } from '../ports/survey.ts';
import { surveyCsv } from './csv/survey.ts';
import { surveyJson } from './json/survey.ts';
import { fileOptionsOf, type OpenSourceOptions } from './open.ts';

/** Surveys files and databases that nobody has declared yet. */
export function createOpenSurvey(options: OpenSourceOptions): OpenSurvey {
  const addresses = options.addresses ?? {};
  return async (target) => {
    switch (target.system) {
      case 'csv':
        return only(await surveyCsv(target, fileOptionsOf(options)));
      case 'json':
      case 'ndjson':
        return only(await surveyJson({ ...target, system: target.system }, fileOptionsOf(options)));
      case 'parquet': {
        const { surveyParquet } = await import('./parquet/survey.ts');
        return only(await surveyParquet(target, options.projectFolder));
      }
      case 'mysql': {
        const { surveyMysql } = await import('./mysql/survey.ts');
        return surveyMysql(target, addresses);
      }
      case 'mongo': {
        const { surveyMongo } = await import('./mongodb/survey.ts');
        return { tables: await surveyMongo(target, addresses), views: [] };
      }
      case 'postgres': {
        const { surveyPostgres } = await import('./postgres/survey.ts');
        return surveyPostgres(target, addresses);
      }
      case 'sqlite': {
        const { surveySqlite } = await import('./sqlite/survey.ts');
        return surveySqlite(target, addresses);
      }
    }
  };
}

const only = (table: SurveyedTable): Survey => ({ tables: [table], views: [] });
