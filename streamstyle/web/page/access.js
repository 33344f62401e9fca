// Requests to our own server, with the token that came in the link's fragment (which no server ever sees in its logs).

const KEPT = "streamstyle-token";

function token() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (given) sessionStorage.setItem(KEPT, given);
  return given ?? sessionStorage.getItem(KEPT);
}

export function fragment() {
  const known = token();
  return known ? `#token=${encodeURIComponent(known)}` : "";
}

export function ask(path, { headers = {}, ...more } = {}) {
  const known = token();
  return fetch(path, { ...more, headers: known ? { ...headers, Authorization: `Bearer ${known}` } : headers });
}

export class Refused extends Error {
  constructor(status, text, retryAfter) {
    super(text);
    this.status = status;
    this.retryAfter = retryAfter;
  }
}

export async function checked(path, options) {
  const response = await ask(path, options);
  if (response.ok) return response;
  const text = (await response.text()).trim() || response.statusText;
  throw new Refused(response.status, text, Number(response.headers.get("Retry-After")) || 0);
}
