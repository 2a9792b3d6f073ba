import { request as forward, type RequestListener } from "node:http";

/** Hands each request to the server behind it, but for those that `intercept` answers itself and says so. */
export function reverseProxyTo(
  url: string,
  intercept: (...exchange: Parameters<RequestListener>) => boolean = () => false,
): RequestListener {
  const { hostname, port } = new URL(url);
  return (request, response) => {
    if (intercept(request, response)) return;
    const { method, url: path, headers } = request;
    request.pipe(
      forward({ hostname, port, path, method, headers }, (answer) => {
        response.writeHead(answer.statusCode ?? 500, answer.headers);
        answer.pipe(response);
      }),
    );
  };
}
