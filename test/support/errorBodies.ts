import type { Issue } from "effect-herald"

/** A body of an error, and the content that an error of the built-in family has. */
export interface Sample {
  readonly status: number
  readonly body: unknown
  readonly detail?: string
  readonly issues?: ReadonlyArray<Issue.Issue>
}

/** Bodies of errors as frameworks and well-known APIs send them. */
export const samples: Readonly<Record<string, Sample>> = {
  "problem details (RFC 9457, 3)": {
    status: 403,
    body: {
      type: "https://example.com/probs/out-of-credit",
      title: "You do not have enough credit.",
      detail: "Your current balance is 30, but that costs 50.",
      instance: "/account/12345/msgs/abc",
      balance: 30,
      accounts: ["/account/12345", "/account/67890"]
    },
    detail: "Your current balance is 30, but that costs 50."
  },
  "problem details with errors (RFC 9457, 3)": {
    status: 422,
    body: {
      type: "https://example.net/validation-error",
      title: "Your request is not valid.",
      errors: [
        { detail: "must be a positive integer", pointer: "#/age" },
        { detail: "must be 'green', 'red' or 'blue'", pointer: "#/profile/fav%20color" }
      ]
    },
    detail: "Your request is not valid.",
    issues: [
      { path: ["age"], message: "must be a positive integer" },
      { path: ["profile", "fav color"], message: "must be 'green', 'red' or 'blue'" }
    ]
  },
  "problem details with invalid-params (RFC 7807, 3)": {
    status: 400,
    body: {
      type: "https://example.net/validation-error",
      title: "Your request parameters didn't validate.",
      "invalid-params": [{ name: "age", reason: "must be a positive integer" }]
    },
    detail: "Your request parameters didn't validate.",
    issues: [{ path: ["age"], message: "must be a positive integer" }]
  },
  "Rails, by field": {
    status: 422,
    body: {
      errors: {
        email: ["has already been taken", "is invalid"],
        "address.street": ["can't be blank"],
        base: ["Too many users"]
      }
    },
    issues: [
      { path: ["email"], message: "has already been taken" },
      { path: ["email"], message: "is invalid" },
      { path: ["address", "street"], message: "can't be blank" },
      { path: [], message: "Too many users" }
    ]
  },
  "Rails, full messages": {
    status: 422,
    body: { errors: ["Email has already been taken", "Name can't be blank"] },
    issues: [
      { path: [], message: "Email has already been taken" },
      { path: [], message: "Name can't be blank" }
    ]
  },
  "Rails, one error": { status: 404, body: { status: 404, error: "Not Found" }, detail: "Not Found" },
  Laravel: {
    status: 422,
    body: {
      message: "The items.0.name field is required. (and 1 more error)",
      errors: { "items.0.name": ["The items.0.name field is required."], plan: ["The selected plan is invalid."] }
    },
    detail: "The items.0.name field is required. (and 1 more error)",
    issues: [
      { path: ["items", 0, "name"], message: "The items.0.name field is required." },
      { path: ["plan"], message: "The selected plan is invalid." }
    ]
  },
  FastAPI: {
    status: 422,
    body: {
      detail: [
        { type: "missing", loc: ["body", "items", 0, "name"], msg: "Field required", input: {} },
        { type: "int_parsing", loc: ["query", "page"], msg: "Input should be a valid integer", input: "x" }
      ]
    },
    issues: [
      { path: ["body", "items", 0, "name"], message: "Field required", code: "missing" },
      { path: ["query", "page"], message: "Input should be a valid integer", code: "int_parsing" }
    ]
  },
  "FastAPI, an HTTPException": { status: 401, body: { detail: "Not authenticated" }, detail: "Not authenticated" },
  "FastAPI, an HTTPException with a record": {
    status: 409,
    body: { detail: { code: "taken", message: "the name is taken" } },
    detail: "the name is taken"
  },
  "Django REST framework": {
    status: 400,
    body: {
      email: ["Enter a valid email address."],
      non_field_errors: ["The two password fields didn't match."],
      profile: { age: ["A valid integer is required."] },
      items: [{}, { quantity: ["Ensure this value is less than or equal to 10."] }],
      tags: { "0": ["Not a valid string."] }
    },
    issues: [
      { path: ["email"], message: "Enter a valid email address." },
      { path: [], message: "The two password fields didn't match." },
      { path: ["profile", "age"], message: "A valid integer is required." },
      { path: ["items", 1, "quantity"], message: "Ensure this value is less than or equal to 10." },
      { path: ["tags", 0], message: "Not a valid string." }
    ]
  },
  "Django REST framework, a list": {
    status: 400,
    body: [{}, { name: ["This field may not be blank."] }],
    issues: [{ path: [1, "name"], message: "This field may not be blank." }]
  },
  "Django REST framework, a list of texts": {
    status: 400,
    body: ["Invalid pk."],
    issues: [{ path: [], message: "Invalid pk." }]
  },
  "Django REST framework, detail": { status: 404, body: { detail: "Not found." }, detail: "Not found." },
  "JSON:API": {
    status: 422,
    body: {
      errors: [
        {
          status: "422",
          code: "E12",
          source: { pointer: "/data/attributes/first~1name" },
          title: "Invalid Attribute",
          detail: "First name must contain at least two characters."
        },
        { source: { parameter: "page[size]" }, title: "Invalid Query Parameter" },
        { source: { header: "Accept" }, title: "Invalid Header" },
        { status: "500", title: "The backend responded with an error" }
      ],
      jsonapi: { version: "1.1" }
    },
    issues: [
      {
        path: ["data", "attributes", "first/name"],
        message: "First name must contain at least two characters.",
        code: "E12"
      },
      { path: ["page", "size"], message: "Invalid Query Parameter" },
      { path: ["Accept"], message: "Invalid Header" },
      { path: [], message: "The backend responded with an error" }
    ]
  },
  GitHub: {
    status: 422,
    body: {
      message: "Validation Failed",
      errors: [
        { resource: "Issue", field: "title", code: "missing_field" },
        { resource: "Label", field: "name", code: "custom", message: "name is too long" },
        "No commits between main and feature"
      ],
      documentation_url: "https://docs.github.com/rest/issues/issues#create-an-issue",
      status: "422"
    },
    detail: "Validation Failed",
    issues: [
      { path: ["title"], message: "missing_field", code: "missing_field" },
      { path: ["name"], message: "name is too long", code: "custom" },
      { path: [], message: "No commits between main and feature" }
    ]
  },
  "ASP.NET": {
    status: 400,
    body: {
      type: "https://tools.ietf.org/html/rfc9110#section-15.5.1",
      title: "One or more validation errors occurred.",
      status: 400,
      errors: {
        Name: ["The Name field is required."],
        "$.items[0].price": ["The JSON value could not be converted to System.Decimal."],
        "": ["A non-empty request body is required."]
      },
      traceId: "00-0HMV"
    },
    detail: "One or more validation errors occurred.",
    issues: [
      { path: ["Name"], message: "The Name field is required." },
      { path: ["items", 0, "price"], message: "The JSON value could not be converted to System.Decimal." },
      { path: [], message: "A non-empty request body is required." }
    ]
  },
  FluentValidation: {
    status: 400,
    body: [{ propertyName: "Address.Zip", errorMessage: "'Zip' must not be empty.", errorCode: "NotEmptyValidator" }],
    issues: [{ path: ["Address", "Zip"], message: "'Zip' must not be empty.", code: "NotEmptyValidator" }]
  },
  Spring: {
    status: 400,
    body: {
      timestamp: "2026-01-01T00:00:00.000+00:00",
      status: 400,
      error: "Bad Request",
      message: "",
      errors: [
        {
          codes: ["NotNull.order.items[0].name", "NotNull"],
          arguments: null,
          defaultMessage: "must not be null",
          objectName: "order",
          field: "items[0].name",
          rejectedValue: null,
          bindingFailure: false,
          code: "NotNull"
        }
      ],
      path: "/api/orders"
    },
    detail: "Bad Request",
    issues: [{ path: ["items", 0, "name"], message: "must not be null", code: "NotNull" }]
  },
  "Spring, fieldErrors": {
    status: 400,
    body: {
      title: "Method argument not valid",
      status: 400,
      message: "error.validation",
      fieldErrors: [{ objectName: "user", field: "login", message: "NotBlank" }]
    },
    detail: "error.validation",
    issues: [{ path: ["login"], message: "NotBlank" }]
  },
  "Spring Boot's own 500": {
    status: 500,
    body: {
      timestamp: "2026-01-01T00:00:00.000+00:00",
      status: 500,
      error: "Internal Server Error",
      path: "/api/orders"
    },
    detail: "Internal Server Error"
  },
  "Quarkus, violations": {
    status: 400,
    body: {
      title: "Constraint Violation",
      status: 400,
      violations: [{ field: "create.user.name", message: "must not be blank" }]
    },
    detail: "Constraint Violation",
    issues: [{ path: ["create", "user", "name"], message: "must not be blank" }]
  },
  "RESTEasy, violations": {
    status: 400,
    body: {
      propertyViolations: [],
      classViolations: [],
      parameterViolations: [{ constraintType: "PARAMETER", path: "add.count", message: "too small", value: "0" }]
    },
    issues: [{ path: ["add", "count"], message: "too small" }]
  },
  Zod: {
    status: 400,
    body: {
      issues: [{ code: "too_small", minimum: 1, type: "string", path: ["user", "names", 0], message: "Too short" }],
      name: "ZodError"
    },
    issues: [{ path: ["user", "names", 0], message: "Too short", code: "too_small" }]
  },
  "Zod, safeParse": {
    status: 400,
    body: {
      success: false,
      error: { issues: [{ code: "invalid_type", path: ["age"], message: "Required" }], name: "ZodError" }
    },
    issues: [{ path: ["age"], message: "Required", code: "invalid_type" }]
  },
  "Zod 4, safeParse": {
    status: 400,
    body: {
      success: false,
      error: {
        name: "ZodError",
        message: '[\n  {\n    "code": "invalid_type",\n    "path": ["age"],\n    "message": "Required"\n  }\n]'
      }
    },
    issues: [{ path: ["age"], message: "Required", code: "invalid_type" }]
  },
  "Zod, flattened": {
    status: 400,
    body: { formErrors: ["Passwords differ"], fieldErrors: { age: ["Required"] } },
    issues: [
      { path: [], message: "Passwords differ" },
      { path: ["age"], message: "Required" }
    ]
  },
  "Zod, flattened in an error": {
    status: 400,
    body: { error: { formErrors: [], fieldErrors: { age: ["Required"] } } },
    issues: [{ path: ["age"], message: "Required" }]
  },
  GraphQL: {
    status: 400,
    body: {
      errors: [
        {
          message: "Name for user 3 could not be fetched.",
          locations: [{ line: 6, column: 7 }],
          path: ["users", 3, "name"],
          extensions: { code: "UNAUTHENTICATED" }
        }
      ],
      data: null
    },
    issues: [{ path: ["users", 3, "name"], message: "Name for user 3 could not be fetched.", code: "UNAUTHENTICATED" }]
  },
  Google: {
    status: 400,
    body: {
      error: {
        code: 400,
        message: "Request contains an invalid argument.",
        status: "INVALID_ARGUMENT",
        details: [
          {
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            fieldViolations: [{ field: "entries[0].size", description: "Must not be negative" }]
          },
          { "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason: "R", domain: "d", metadata: { service: "s" } },
          { "@type": "type.googleapis.com/google.rpc.Help", links: [{ description: "Help", url: "https://x.example" }] }
        ]
      }
    },
    detail: "Request contains an invalid argument.",
    issues: [{ path: ["entries", 0, "size"], message: "Must not be negative" }]
  },
  "Google, with errors": {
    status: 404,
    body: {
      error: {
        code: 404,
        message: "Requested entity was not found.",
        errors: [{ message: "Requested entity was not found.", domain: "global", reason: "notFound" }]
      }
    },
    detail: "Requested entity was not found.",
    issues: [{ path: [], message: "Requested entity was not found.", code: "notFound" }]
  },
  OData: {
    status: 400,
    body: {
      error: {
        code: "BadArgument",
        message: "Multiple errors in ContactInfo data",
        target: "ContactInfo",
        details: [{ code: "NullValue", target: "PhoneNumber", message: "Phone number must not be null" }],
        innererror: { trace: ["a", "b"], context: {} }
      }
    },
    detail: "Multiple errors in ContactInfo data",
    issues: [
      { path: ["ContactInfo"], message: "Multiple errors in ContactInfo data", code: "BadArgument" },
      { path: ["PhoneNumber"], message: "Phone number must not be null", code: "NullValue" }
    ]
  },
  Stripe: {
    status: 402,
    body: {
      error: {
        code: "parameter_missing",
        doc_url: "https://stripe.com/docs/error-codes/parameter-missing",
        message: "Missing required param: items[0][price].",
        param: "items[0][price]",
        type: "invalid_request_error"
      }
    },
    detail: "Missing required param: items[0][price].",
    issues: [
      {
        path: ["items", 0, "price"],
        message: "Missing required param: items[0][price].",
        code: "parameter_missing"
      }
    ]
  },
  "OAuth (RFC 6749, 5.2)": {
    status: 400,
    body: { error: "invalid_grant", error_description: "The refresh token expired." },
    detail: "The refresh token expired."
  },
  "OAuth, without a description": { status: 400, body: { error: "invalid_client" }, detail: "invalid_client" },
  Slack: { status: 418, body: { ok: false, error: "channel_not_found" }, detail: "channel_not_found" },
  AWS: {
    status: 400,
    body: { __type: "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException", message: "Table not found: T" },
    detail: "Table not found: T"
  },
  "AWS, with a capital": {
    status: 403,
    body: { Message: "User is not authorized to access this resource" },
    detail: "User is not authorized to access this resource"
  },
  "express-validator": {
    status: 400,
    body: {
      errors: [
        { type: "field", value: "x", msg: "Invalid value", path: "email", location: "body" },
        { value: "y", msg: "Bad page", param: "page.size", location: "query" }
      ]
    },
    issues: [
      { path: ["email"], message: "Invalid value" },
      { path: ["page", "size"], message: "Bad page" }
    ]
  },
  Nest: {
    status: 400,
    body: { statusCode: 400, message: ["email must be an email", "age must be an integer"], error: "Bad Request" },
    detail: "Bad Request",
    issues: [
      { path: [], message: "email must be an email" },
      { path: [], message: "age must be an integer" }
    ]
  },
  Mongoose: {
    status: 400,
    body: {
      message: "User validation failed",
      errors: { name: { name: "ValidatorError", message: "Path `name` is required.", kind: "required", path: "name" } }
    },
    detail: "User validation failed",
    issues: [{ path: ["name"], message: "Path `name` is required.", code: "required" }]
  },
  Civis: {
    status: 409,
    body: { error: "already_running", errorDescription: "The job is already running", code: 409 },
    detail: "The job is already running"
  },
  "a text as errors": {
    status: 400,
    body: { success: false, errors: "the name is taken" },
    issues: [{ path: [], message: "the name is taken" }]
  },
  "a record of texts": {
    status: 500,
    body: { error: { message: "wrong", fields: { email: "is taken" } } },
    detail: "wrong",
    issues: [{ path: ["email"], message: "is taken" }]
  },
  "a text": { status: 451, body: "Not here", detail: "Not here" },
  "other JSON": { status: 423, body: { id: 1, name: "b", tags: ["a"], items: [{ id: 1, title: "t" }] } },
  "keys of prototypes": {
    status: 405,
    body: JSON.parse('{"__proto__":{"message":"x"},"errors":{"__proto__":["bad"],"constructor":["worse"]}}'),
    issues: [
      { path: ["__proto__"], message: "bad" },
      { path: ["constructor"], message: "worse" }
    ]
  },
  "wrong types": {
    status: 502,
    body: { errors: { a: 1, b: null, c: [1, null, [["deep"]]], d: {} }, message: 5, detail: [], error: [false] },
    issues: [{ path: ["c", 2, 0], message: "deep" }]
  }
}
