import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

/** The OpenAPI 3.1 document of the management API, from the classes that validate its requests. */
export function createOpenApi(app: INestApplication): OpenAPIObject {
  const config = new DocumentBuilder()
    .setTitle('Torchweave management API')
    .setDescription('Registers, describes, lists and unregisters TorchServe workflow archives.')
    .setVersion('1.0.0')
    .setOpenAPIVersion('3.1.0')
    .build();
  return SwaggerModule.createDocument(app, config);
}
