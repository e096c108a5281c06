import type { DefaultTheme } from "vitepress"

const page = (text: string, link: string): DefaultTheme.SidebarItem => ({ text, link })

/** All pages of the site, in the order in which a person reads them. */
export const sidebar: Array<DefaultTheme.SidebarItem> = [
  {
    text: "Start",
    items: [
      page("Ten minutes", "/start/"),
      page("Installation", "/start/installation"),
      page("Troubleshooting", "/guides/troubleshooting")
    ]
  },
  {
    text: "Guides",
    items: [
      {
        text: "An API of your own",
        items: [
          page("Endpoints and operations", "/guides/own-api"),
          page("Parameters and headers", "/guides/parameters"),
          page("Request and response bodies", "/guides/bodies"),
          page("Responses", "/guides/responses"),
          page("Big integers and ids", "/guides/big-integers"),
          page("Verbs", "/guides/verbs"),
          page("Operations of an HttpApi", "/guides/http-api"),
          page("Transports", "/guides/transports"),
          page("Runtimes", "/guides/runtimes"),
          page("Browsers", "/guides/browsers")
        ]
      },
      {
        text: "Errors, retries and limits",
        items: [
          page("Errors", "/guides/errors"),
          page("Declared errors", "/guides/declared-errors"),
          page("What happened in a call", "/guides/timelines"),
          page("Retries, deadlines and limits", "/guides/retries")
        ]
      },
      {
        text: "Pagination and caching",
        items: [page("Lists", "/guides/lists"), page("The response cache", "/guides/cache")]
      },
      {
        text: "Credentials and OAuth",
        items: [
          page("Credentials", "/guides/credentials"),
          page("OAuth 2.0", "/guides/oauth"),
          page("Users who sign in", "/guides/sign-in"),
          page("Tokens and their stores", "/guides/tokens"),
          page("A web server with many users", "/guides/web-server"),
          page("OAuth servers", "/guides/oauth-servers")
        ]
      },
      {
        text: "Files, streams and jobs",
        items: [
          page("Uploads", "/guides/uploads"),
          page("Downloads", "/guides/downloads"),
          page("Progress", "/guides/progress"),
          page("Event streams", "/guides/event-streams"),
          page("Jobs", "/guides/jobs"),
          page("Conditional writes", "/guides/conditional-writes")
        ]
      },
      {
        text: "Testing",
        items: [
          page("Testing", "/guides/testing"),
          page("Faults", "/guides/faults"),
          page("Test servers", "/guides/test-servers"),
          page("Record and replay", "/guides/record-and-replay")
        ]
      },
      {
        text: "Observability and logs",
        items: [
          page("Observability", "/guides/observability"),
          page("Logs that arrive", "/guides/logs"),
          page("Delivery of logs", "/guides/log-delivery")
        ]
      },
      {
        text: "Specifications and the command line",
        items: [
          page("OpenAPI documents", "/guides/specifications"),
          page("Requests", "/guides/specification-requests"),
          page("Responses", "/guides/specification-responses"),
          page("Servers and security", "/guides/specification-security"),
          page("Generated code", "/guides/generated-code"),
          page("Reading documents", "/guides/documents"),
          page("Corrections", "/guides/corrections"),
          page("Differences", "/guides/differences"),
          page("The command line", "/guides/command-line")
        ]
      },
      {
        text: "Performance",
        items: [
          page("Performance", "/guides/performance"),
          page("Sizes and time to load", "/guides/sizes"),
          page("Fast decoding", "/guides/decoder")
        ]
      }
    ]
  },
  {
    text: "APIs",
    items: [
      page("Polympics", "/apis/polympics"),
      page("Civis", "/apis/civis"),
      page("The site API", "/apis/site"),
      page("Operations of the site API", "/apis/site-operations")
    ]
  },
  {
    text: "Concepts",
    items: [
      page("The life of a request", "/concepts/life-of-a-request"),
      page("What may be sent twice", "/concepts/what-may-be-sent-twice"),
      page("Where secrets can't go", "/concepts/secrets"),
      page("Layers", "/concepts/layers"),
      page("Four systems", "/concepts/four-systems")
    ]
  },
  {
    text: "Moving here",
    items: [
      page("Comparison", "/moving/"),
      page("ky", "/moving/ky"),
      page("axios", "/moving/axios"),
      page("got", "/moving/got"),
      page("openapi-fetch", "/moving/openapi-fetch"),
      page("HttpApiClient", "/moving/http-api-client"),
      page("Octokit", "/moving/octokit")
    ]
  },
  {
    text: "Contributing",
    items: [
      page("Working on the library", "/contributing/"),
      page("How it is built", "/contributing/architecture"),
      page("The documentation", "/contributing/documentation")
    ]
  }
]
