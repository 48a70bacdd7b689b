package main

import (
	"database/sql"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// imports measures P1: what kept import does with a list, all of it, against the
// barest way into the same table with the same indexes.
func (b *bench) imports() error {
	list, err := b.writeList(b.rows)
	if err != nil {
		return err
	}
	defer os.Remove(list)
	kept := b.keptImport(list)
	if _, err := kept.run(-1); err != nil { // the rows as they come to lie, for the other side
		return err
	}
	limit, err := b.bareImport(filepath.Join(b.dir, "import.db"))
	if err != nil {
		return err
	}
	if err := inTurn(rounds, kept, limit); err != nil {
		return err
	}
	b.rate("P1", fmt.Sprintf("import of %d promises, people, dates, events", b.rows), "rows/s", b.rows, kept, limit, "0.6×")
	return b.importMemory()
}

func (b *bench) keptImport(list string) *side {
	return &side{name: "kept", run: func(int) (time.Duration, error) {
		took, _, err := b.importInto(filepath.Join(b.dir, "import.db"), list)
		return took, err
	}}
}

// importInto imports a list into a new database, and gives what it took and the memory.
func (b *bench) importInto(path, list string) (time.Duration, int64, error) {
	b.remove(path)
	if err := b.newDatabase(path); err != nil {
		return 0, 0, err
	}
	return b.command(b.kept, "import", list, "--create", "--db", path)
}

// remove removes a SQLite database.
func (b *bench) remove(path string) {
	for _, end := range []string{"", "-wal", "-shm"} {
		_ = os.Remove(path + end)
	}
}

// bareImport is sqlite3's .import of the promises of a database, or, where that
// command is missing, a loop around one prepared insert.
func (b *bench) bareImport(path string) (*side, error) {
	rows := filepath.Join(b.dir, "rows.csv")
	tables, err := b.dump(path, rows)
	if err != nil {
		return nil, err
	}
	target := filepath.Join(b.dir, "bare.db")
	into := func(how func() error) func(int) (time.Duration, error) {
		return func(int) (time.Duration, error) {
			b.remove(target)
			r, err := openRaw(b.ctx, target)
			if err != nil {
				return 0, err
			}
			_, err = r.ExecContext(b.ctx, tables)
			if err := errors.Join(err, r.Close()); err != nil {
				return 0, err
			}
			begun := time.Now()
			err = how()
			return time.Since(begun), err
		}
	}
	if shell, err := exec.LookPath("sqlite3"); err == nil {
		return &side{name: "sqlite3 .import", run: into(func() error {
			_, _, err := b.command(shell, target, "PRAGMA synchronous = FULL; PRAGMA cache_size = -65536", ".mode csv", ".import "+rows+" commitments")
			return err
		})}, nil
	}
	return &side{name: "one prepared insert (no sqlite3 here)", run: into(func() error { return b.loopImport(rows, target) })}, nil
}

// dump writes the promises of a database as CSV, and gives the statements that make
// a table like theirs, with their indexes and without constraints: CSV has no NULL.
func (b *bench) dump(path, to string) (tables string, err error) {
	r, err := openRaw(b.ctx, path)
	if err != nil {
		return "", err
	}
	defer r.Close()
	f, err := os.Create(to)
	if err != nil {
		return "", err
	}
	defer f.Close()
	out := csv.NewWriter(f)
	columns, err := r.each("SELECT * FROM commitments ORDER BY id", func(cells []string) error { return out.Write(cells) })
	if err != nil {
		return "", err
	}
	out.Flush()
	tables = strings.Replace("CREATE TABLE commitments ("+strings.Join(columns, ", ")+");", "(id,", "(id INTEGER PRIMARY KEY,", 1) +
		"CREATE UNIQUE INDEX commitments_key ON commitments (key);"
	_, err = r.each("SELECT sql FROM sqlite_schema WHERE type = 'index' AND tbl_name = 'commitments' AND sql IS NOT NULL", func(cells []string) error {
		tables += cells[0] + ";"
		return nil
	})
	return tables, errors.Join(err, out.Error())
}

// each gives every row of a query as text, and the names of its columns.
func (r *raw) each(query string, f func([]string) error) ([]string, error) {
	rows, err := r.QueryContext(r.ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	cells, into := make([]sql.NullString, len(columns)), make([]any, len(columns))
	text := make([]string, len(columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		if err := rows.Scan(into...); err != nil {
			return nil, err
		}
		for i, c := range cells {
			text[i] = c.String
		}
		if err := f(text); err != nil {
			return nil, err
		}
	}
	return columns, rows.Err()
}

func (b *bench) loopImport(rows, target string) error {
	f, err := os.Open(rows)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := openRaw(b.ctx, target)
	if err != nil {
		return err
	}
	defer r.Close()
	t, err := r.BeginTx(r.ctx, nil)
	if err != nil {
		return err
	}
	defer t.Rollback()
	in := csv.NewReader(f)
	var insert *sql.Stmt
	for {
		cells, err := in.Read()
		if err == io.EOF {
			return t.Commit()
		} else if err != nil {
			return err
		}
		if insert == nil {
			if insert, err = t.PrepareContext(r.ctx, "INSERT INTO commitments VALUES (?"+strings.Repeat(", ?", len(cells)-1)+")"); err != nil {
				return err
			}
		}
		if _, err := insert.ExecContext(r.ctx, texts(cells)...); err != nil {
			return err
		}
	}
}

func texts(cells []string) []any {
	all := make([]any, len(cells))
	for i, c := range cells {
		all[i] = c
	}
	return all
}

// importMemory sets the memory of a long list beside that of a tenth of it.
func (b *bench) importMemory() error {
	var most [2]int64
	for i, n := range []int{b.big / 10, b.big} {
		list, err := b.writeList(n)
		if err != nil {
			return err
		}
		_, most[i], err = b.importInto(filepath.Join(b.dir, "memory.db"), list)
		b.remove(filepath.Join(b.dir, "memory.db"))
		os.Remove(list)
		if err != nil {
			return err
		}
	}
	b.line("P1", fmt.Sprintf("memory to import %d rows", b.big), mebibytes(most[1]), fmt.Sprintf("%d rows %s", b.big/10, mebibytes(most[0])),
		fmt.Sprintf("%.2f×", float64(most[1])/float64(most[0])), "1.2×")
	return nil
}
