// Package kept is the root of Kept, which helps a company keep what it promises
// its customers. It holds the one thing every part must agree on: the schema.
package kept

import _ "embed"

// Schema is schema.sql: every table, for SQLite and PostgreSQL alike.
//
//go:embed schema.sql
var Schema string
