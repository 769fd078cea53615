/** The colours of a style, and the formula of WCAG 2. */

export type Scheme = ReadonlyMap<string, string>;

/** The variables of the two `:root` blocks of a style. */
export function schemes(css: string): Record<"light" | "dark", Scheme> {
  const blocks = [...css.matchAll(/:root \{([^}]*)\}/g)].map((match) => match[1] ?? "");
  const read = (block: string | undefined): Scheme =>
    new Map([...(block ?? "").matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)].map((match) => [match[1] ?? "", match[2] ?? ""]));
  return { light: read(blocks[0]), dark: read(blocks[1]) };
}

function luminance(colour: string): number {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * (red ?? NaN) + 0.7152 * (green ?? NaN) + 0.0722 * (blue ?? NaN);
}

/** NaN for a colour that the scheme does not have. */
export function contrast(scheme: Scheme, a: string, b: string): number {
  const [one, other] = [a, b].map((name) => luminance(scheme.get(name) ?? "")) as [number, number];
  return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05);
}
