//go:build !cgo

// Without cgo SQLite is an empty shell. The name of this package stops such a build
// before it begins, with the reason in Go's own error line.
package SQLite_needs_cgo_so_install_a_C_compiler_and_set_CGO_ENABLED_to_1
