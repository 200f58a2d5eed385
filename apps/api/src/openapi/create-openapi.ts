import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { isOpenRoute } from '@torchweave/platform';
import { version } from '@torchweave/platform/version';
import { archiveContent } from './archive-content.js';
import { ErrorAnswer } from './error-answer.js';
import { ofEveryRoute } from './error-answers.js';
import { tokenPath } from './token-path.js';

const keyScheme = 'key';

/**
 * The OpenAPI 3.1 document of the management API, from the classes that validate its requests.
 *
 * @param hasKeys whether clients are asked for keys: then they can be renewed, too.
 */
export function createOpenApi(app: INestApplication, hasKeys: boolean): OpenAPIObject {
  const builder = new DocumentBuilder()
    .setTitle('Torchweave management API')
    .setDescription('Registers, describes, lists and unregisters TorchServe workflow archives.')
    .setVersion(version)
    .setOpenAPIVersion('3.1.0');
  if (!hasKeys)
    return withArchiveBodies(SwaggerModule.createDocument(app, builder.build(), { extraModels: [ErrorAnswer] }));
  const description =
    'A key of the key file whose right is large enough: 401 without a good one, 403 where it is too small.';
  builder.addBearerAuth({ type: 'http', scheme: 'bearer', description }, keyScheme).addSecurityRequirements(keyScheme);
  const document = SwaggerModule.createDocument(app, builder.build(), { extraModels: [ErrorAnswer] });
  document.paths['/token'] = tokenPath(ofEveryRoute);
  for (const [path, item] of Object.entries(document.paths)) {
    if (item.get !== undefined && isOpenRoute('GET', path)) item.get.security = [];
  }
  return withArchiveBodies(document);
}

/** A registration takes the archive itself, too, which no class describes. */
function withArchiveBodies(document: OpenAPIObject): OpenAPIObject {
  const body = document.paths['/workflows']?.post?.requestBody;
  if (body !== undefined && 'content' in body) Object.assign(body.content, archiveContent);
  return document;
}
