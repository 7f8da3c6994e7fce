import type { Page } from "puppeteer-core";

/** Runs in the page. */
const script = `(selector) => {
  // A canvas makes numbers of any colour, also of one that lets through what is behind it.
  const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const luminanceOn = (colour) => {
    canvas.fillStyle = colour;
    canvas.fillRect(0, 0, 1, 1);
    const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const element = document.querySelector(selector);
  const behind = [];
  for (let at = element; at; at = at.parentElement) behind.unshift(getComputedStyle(at).backgroundColor);
  // The page's own background, which no element has.
  canvas.fillStyle = matchMedia("(prefers-color-scheme: dark)").matches ? "#121212" : "#ffffff";
  canvas.fillRect(0, 0, 1, 1);
  for (const colour of behind) luminanceOn(colour);
  const luminances = [luminanceOn("transparent"), luminanceOn(getComputedStyle(element).color)];
  return (Math.max(...luminances) + 0.05) / (Math.min(...luminances) + 0.05);
}`;

/**
 * Contrast of an element's text against what is behind it, 1–21.
 * @see https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
 */
export const contrastOf = async (page: Page, selector: string): Promise<number> =>
  Number(await page.evaluate(`(${script})(${JSON.stringify(selector)})`));
