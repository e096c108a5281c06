import { defineConfig } from "vitepress"
import { sidebar } from "./sidebar.js"

export default defineConfig({
  title: "effect-herald",
  description: "A functional client library for HTTP APIs, in TypeScript on Effect.",
  lang: "en",
  cleanUrls: true,
  themeConfig: {
    nav: [
      { text: "Start", link: "/start/" },
      { text: "Guides", link: "/guides/own-api" },
      { text: "APIs", link: "/apis/polympics" }
    ],
    sidebar,
    outline: [2, 3],
    search: { provider: "local" }
  }
})
