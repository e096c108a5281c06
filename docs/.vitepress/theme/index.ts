// The default theme without its font, so that a page is smaller and uses the fonts of the reader's system.
export { default } from "vitepress/theme-without-fonts"
