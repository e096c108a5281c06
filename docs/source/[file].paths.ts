import { sourcePages } from "../.vitepress/sourcePages.js"

export default { paths: sourcePages }
