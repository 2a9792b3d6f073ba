/** The codes of the API's error answers, each with the HTTP status it travels under. */
const STATUS_OF_CODE = {
  "internal error": 500,
  "not found": 404,
  conflict: 422,
  invalid: 400,
  "unprocessable entity": 422,
  "empty value": 400,
  forbidden: 403,
  unauthorized: 401,
  "method not allowed": 405,
} as const;

export type ErrorCode = keyof typeof STATUS_OF_CODE;

/** What a handler throws to answer `{code, message}`. */
export class ApiError extends Error {
  override readonly name = "ApiError";

  constructor(
    readonly code: ErrorCode,
    message: string,
  ) {
    super(message);
  }

  get status(): number {
    return STATUS_OF_CODE[this.code];
  }
}

export const invalid = (message: string): ApiError => new ApiError("invalid", message);
export const notFound = (message: string): ApiError => new ApiError("not found", message);
export const conflict = (message: string): ApiError => new ApiError("conflict", message);
export const unauthorized = (message: string): ApiError => new ApiError("unauthorized", message);
export const forbidden = (message: string): ApiError => new ApiError("forbidden", message);
export const unprocessable = (message: string): ApiError => new ApiError("unprocessable entity", message);
