// The default theme without its font, so that a page is smaller and uses the fonts of the reader's system.
import "@shikijs/twoslash/style-rich.css"
import DefaultTheme from "vitepress/theme-without-fonts"
import "./site.css"

export default DefaultTheme
