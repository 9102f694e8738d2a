package httpapi

import _ "embed" // the description

// openAPI describes the v1 contract, in OpenAPI 3.1. A test holds that the server answers as it says.
//
//go:embed openapi.json
var openAPI []byte
