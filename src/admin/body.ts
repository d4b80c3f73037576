import type { Static, TObject, TSchema } from '@sinclair/typebox';
import { type TypeCheck, TypeCompiler } from '@sinclair/typebox/compiler';
import { GatewayError } from '../errors/catalogue.ts';
import { MANAGEMENT_BYTES } from './route.ts';

/** Reads bodies of one shape. The description of each property says what is allowed. */
export class BodyReader<Schema extends TObject> {
  /** For the description of the API too. */
  readonly schema: Schema;
  #check: TypeCheck<Schema> | undefined;
  /** Texts that may have several lines. */
  readonly #multiLine: ReadonlySet<string>;
  /** Fields that take a decimal as text or as number. */
  readonly #decimals: ReadonlySet<string>;

  constructor(schema: Schema, multiLine: readonly string[] = []) {
    this.schema = schema;
    this.#multiLine = new Set(multiLine);
    const both = Object.entries(schema.properties).filter(([, property]) => {
      const types = typesOf(property);
      return types.includes('string') && types.includes('number');
    });
    this.#decimals = new Set(both.map(([name]) => name));
  }

  /**
   * `stored`: texts as they are now. One that comes back unchanged may be of a time when more was allowed.
   * Throws `invalid_param` that names the field, `unsupported_media_type`, `request_too_large`.
   */
  async read(request: Request, stored: Readonly<Record<string, string>> = {}): Promise<Static<Schema>> {
    return this.#checked(await readJson(request, this.#decimals), stored);
  }

  /** The same for a body that may be missing, or have nothing in it: then it is `{}`. */
  async readOptional(request: Request): Promise<Static<Schema>> {
    return this.#checked(await readJson(request, this.#decimals, {}), {});
  }

  #checked(value: unknown, stored: Readonly<Record<string, string>>): Static<Schema> {
    // Compiled at the first use: the start does not pay for it.
    this.#check ??= TypeCompiler.Compile(this.schema);
    if (this.#check.Check(value)) {
      this.#refuseUnfitTexts(value, stored);
      return value;
    }
    const error = this.#check.Errors(value).First();
    throw this.#refusal(error?.path ?? '', error?.schema);
  }

  #refuseUnfitTexts(body: Record<string, unknown>, stored: Readonly<Record<string, string>>): void {
    for (const [param, value] of Object.entries(body)) {
      if (Object.hasOwn(stored, param) && stored[param] === value) continue;
      const multiLine = this.#multiLine.has(param);
      const unfit = multiLine ? UNFIT_IN_LINES : UNFIT;
      if (![value].flat().some((text) => typeof text === 'string' && unfit.test(text))) continue;
      throw new GatewayError(
        'invalid_param',
        `${param} must be ${multiLine ? 'text, in lines if need be' : 'one line of text'}: without ${multiLine ? 'other ' : ''}control characters and without halves of characters (lone surrogates).`,
        { param },
      );
    }
  }

  #refusal(path: string, schema: TSchema | undefined): GatewayError {
    const [, name = '', index] = path.split('/');
    const { properties } = this.schema;
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (name === '') return new GatewayError('invalid_param', 'The body must be a JSON object.');
    if (property === undefined) {
      const allowed = Object.keys(properties).join(', ');
      return new GatewayError('invalid_param', `${name} is no field here. Allowed: ${allowed || 'none'}.`, {
        param: name,
      });
    }
    const param = index === undefined ? name : `${name}[${index}]`;
    return new GatewayError(
      'invalid_param',
      `${param} must be ${property.description ?? schema?.description ?? 'of another type'}.`,
      { param },
    );
  }
}

/** Halves of a pair do not survive UTF-8, and control characters would act where a text is shown. */
const UNFIT = /[\p{Cc}\p{Cs}]/u;
/** The same but for line breaks and tabs. */
const UNFIT_IN_LINES = /(?![\n\r\t])[\p{Cc}\p{Cs}]/u;

/** `nothing`: what a body without a byte stands for; undefined: it is refused. */
async function readJson(request: Request, decimals: ReadonlySet<string>, nothing?: unknown): Promise<unknown> {
  const bytes = await request.arrayBuffer();
  if (bytes.byteLength === 0 && nothing !== undefined) return nothing;
  const type = request.headers.get('content-type');
  if (type !== null && type !== '' && !/^(application\/json|text\/plain)\b/i.test(type)) {
    throw new GatewayError('unsupported_media_type', 'Send the body as application/json.');
  }
  if (bytes.byteLength > MANAGEMENT_BYTES) {
    throw new GatewayError('request_too_large', `The body is over ${MANAGEMENT_BYTES} bytes.`);
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), exactly(decimals));
  } catch {
    throw new GatewayError('invalid_param', 'The body must be valid JSON in UTF-8.');
  }
}

/** Keeps the fields named as they were written, where a double would lose digits: amounts are taken to the last one. */
const exactly =
  (decimals: ReadonlySet<string>) =>
  (name: string, value: unknown, context?: { source?: string }): unknown => {
    if (typeof value !== 'number' || context?.source === undefined || !decimals.has(name)) return value;
    return digits(context.source) === digits(String(value)) ? value : context.source;
  };

/** `1.50e-7` → `15` */
const digits = (number: string): string =>
  number
    .replace(/e.*$/i, '')
    .replace(/\D/g, '')
    .replace(/^0+|0+$/g, '');

const typesOf = (schema: TSchema): unknown[] =>
  Array.isArray(schema.anyOf) ? schema.anyOf.flatMap(typesOf) : [schema.type];
