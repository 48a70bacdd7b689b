package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Codes of PostgreSQL (its documentation, appendix A).
const (
	readOnly             = "25006"
	serializationFailure = "40001"
	deadlock             = "40P01"
)

// tries is how often a transaction is begun in all when the database gives it up.
const tries = 3

// passing reports whether a transaction that failed left nothing behind, and may well
// succeed when it is run again.
func passing(err error) bool {
	var unknown *unknownOutcome
	if errors.As(err, &unknown) {
		return false
	}
	var said *pgconn.PgError
	if errors.As(err, &said) && slices.Contains([]string{serializationFailure, deadlock, readOnly}, said.Code) {
		return true
	}
	return lost(err)
}

// lost reports whether an error means that a connection broke, or the server ended it.
func lost(err error) bool {
	var said *pgconn.PgError
	if errors.As(err, &said) {
		return strings.HasPrefix(said.Code, "08") || strings.HasPrefix(said.Code, "57P") || said.Code == "25P03" // it stood still for too long
	}
	var connecting *pgconn.ConnectError
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) || errors.As(err, &connecting) {
		return false
	}
	var network net.Error
	return errors.Is(err, driver.ErrBadConn) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.As(err, &network) || pgconn.SafeToRetry(err)
}

// unknownOutcome is what is left to say when the connection broke during a commit and
// the server could not be asked whether it took place.
type unknownOutcome struct{ why error }

// Error tells people to look before they do it again.
func (e *unknownOutcome) Error() string {
	return fmt.Sprintf("the connection to the database broke while recording, so this may or may not have been recorded: look before you do it again (%s)", oneLine(e.why))
}

// Unwrap gives what broke it.
func (e *unknownOutcome) Unwrap() error { return e.why }

// errUndone says that a commit whose connection broke did not take place.
var errUndone = fmt.Errorf("the connection to the database broke, and nothing was recorded: %w", driver.ErrBadConn)

// How long, and how often, a server is asked what became of a commit: as long as a
// standby may take to replace it.
const (
	askFor   = 30 * time.Second
	askEvery = 200 * time.Millisecond
)

// outcome finds out what became of the transaction of a number, whose commit failed.
// Nothing is ever written twice on a guess: until the server has said, it is unknown.
func (s *Store) outcome(ctx context.Context, number string, failed error) error {
	var said *pgconn.PgError
	if s.d != postgres || number == "" || errors.As(failed, &said) && !lost(failed) {
		return failed
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), askFor)
	defer cancel()
	for {
		switch state, err := s.became(ctx, number); {
		case err == nil && state == "committed":
			return nil
		case err == nil && state == "aborted":
			return errUndone
		}
		select {
		case <-ctx.Done():
			return &unknownOutcome{failed}
		case <-time.After(askEvery):
		}
	}
}

// became asks for the state of a transaction: committed, aborted, in progress, or ""
// where the server does not know it (any more). It asks in a transaction that writes,
// whose own commit waits for the standbys: so what it says holds there too.
func (s *Store) became(ctx context.Context, number string) (state string, err error) {
	err = s.writeOnce(ctx, func(t *tx) error {
		if err := t.get(&state, "SELECT coalesce(pg_xact_status(CAST(CAST(? AS text) AS xid8)), '')", number); err != nil {
			return err
		}
		t.passing = true // what becomes of the question is of no interest
		return t.jobRan("probe", t.now)
	})
	return state, err
}

// numbered notes the number by which the server can be asked about this transaction;
// "" if it has changed nothing.
func (t *tx) numbered() error {
	if t.s.d != postgres || t.passing {
		return nil
	}
	return t.get(&t.number, "SELECT coalesce(CAST(pg_current_xact_id_if_assigned() AS text), '')")
}
