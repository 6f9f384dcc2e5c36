/**
 * Return a random UUID. `crypto.randomUUID` is missing where the page came over plain HTTP from another machine.
 * Source: RFC 9562, section 5.4.
 */
export function uuid(/** @type {Pick<Crypto, "getRandomValues">} */ random = crypto) {
  const bytes = random.getRandomValues(new Uint8Array(16))
  bytes[6] = (bytes[6] & 0x0f) | 0x40
  bytes[8] = (bytes[8] & 0x3f) | 0x80
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-")
}
