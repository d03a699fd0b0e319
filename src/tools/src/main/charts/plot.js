// What the report draws with; everything else is left out of its page.
export {plot, barX, dot, ruleX, ruleY, text, tip, pointer} from "@observablehq/plot";
