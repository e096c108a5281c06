import type { DefaultTheme } from "vitepress"

const page = (text: string, link: string): DefaultTheme.SidebarItem => ({ text, link })

/** All pages of the site, in the order in which a person reads them. */
export const sidebar: Array<DefaultTheme.SidebarItem> = [
  {
    text: "Start",
    items: [page("Ten minutes", "/start/"), page("Troubleshooting", "/guides/troubleshooting")]
  },
  {
    text: "Guides",
    items: [
      {
        text: "An API of your own",
        collapsed: false,
        items: [
          page("Endpoints and operations", "/guides/own-api"),
          page("Verbs", "/guides/verbs"),
          page("Operations of an HttpApi", "/guides/http-api"),
          page("Responses", "/guides/responses")
        ]
      },
      {
        text: "Errors, retries and limits",
        collapsed: false,
        items: [
          page("Errors", "/guides/errors"),
          page("What happened in a call", "/guides/timelines"),
          page("Retries, deadlines, rate limits", "/guides/retries")
        ]
      },
      {
        text: "Lists and caches",
        collapsed: false,
        items: [page("Lists", "/guides/lists"), page("The response cache", "/guides/cache")]
      },
      {
        text: "Credentials",
        collapsed: false,
        items: [page("Credentials", "/guides/credentials"), page("OAuth servers", "/guides/oauth-servers")]
      },
      {
        text: "Files, streams and jobs",
        collapsed: false,
        items: [
          page("Uploads", "/guides/uploads"),
          page("Downloads", "/guides/downloads"),
          page("Event streams", "/guides/event-streams"),
          page("Jobs", "/guides/jobs"),
          page("Conditional writes", "/guides/conditional-writes"),
          page("Progress", "/guides/progress")
        ]
      },
      {
        text: "Testing",
        collapsed: false,
        items: [page("Tests", "/guides/testing"), page("Record and replay", "/guides/record-and-replay")]
      },
      {
        text: "Operation",
        collapsed: false,
        items: [
          page("Observability", "/guides/observability"),
          page("Logs that arrive", "/guides/logs"),
          page("Transports", "/guides/transports"),
          page("Performance", "/guides/performance"),
          page("Fast decoding", "/guides/decoder")
        ]
      },
      {
        text: "Specifications",
        collapsed: false,
        items: [page("OpenAPI documents", "/guides/specifications"), page("The command line", "/guides/command-line")]
      }
    ]
  },
  {
    text: "APIs",
    items: [page("Polympics", "/apis/polympics"), page("Civis", "/apis/civis"), page("The site", "/apis/site")]
  }
]
