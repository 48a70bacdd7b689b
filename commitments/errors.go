package commitments

import "errors"

// The four ways a request can be turned down. Every door maps them in one place:
// the command line to exit codes, later doors to statuses.
var (
	ErrInvalid  = errors.New("wrong use")          // the request itself is wrong; nothing was tried
	ErrNotFound = errors.New("not found")          // it does not exist, or this person may not know that it does
	ErrRefused  = errors.New("refused")            // a rule, the person's rights, or the present state forbids it
	ErrConflict = errors.New("changed by another") // it was written on a stale version
)

// Error is a refusal in words: which field, which value, and what to do about it.
// errors.Is tells which of the four it is.
type Error struct {
	Kind    error
	Field   string // as the person typed it, without dashes; may be empty
	Message string
}

func (e *Error) Error() string {
	if e.Field == "" {
		return e.Message
	}
	return e.Field + ": " + e.Message
}

// Unwrap gives the kind, for errors.Is.
func (e *Error) Unwrap() error { return e.Kind }

// Invalid is wrong use of a field.
func Invalid(field, message string) error { return &Error{ErrInvalid, field, message} }

// NotFound names a thing that is not there.
func NotFound(field, message string) error { return &Error{ErrNotFound, field, message} }

// Refused names the rule or state that forbids a request.
func Refused(field, message string) error { return &Error{ErrRefused, field, message} }
