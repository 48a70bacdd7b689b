package main

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"kept/commitments"
	"kept/commitments/sheet"
	"kept/commitments/store"
)

type importCmd struct {
	At        moment   `help:"What is overdue at this time goes to the digest, without an alert. Default: now." placeholder:"TIME"`
	File      text     `arg:"" help:"CSV or XLSX file; - is CSV from standard input."`
	Map       []string `help:"Which column of the file holds which of Kept's, as promise_date='Close Date'; with commas between them, or given again." placeholder:"K=COLUMN,…" sep:"none"`
	Create    bool     `help:"Make customers, people, teams and kinds that are not known."`
	Partial   bool     `help:"Import the good rows; the others go to FILE.rejects.csv."`
	Encoding  text     `help:"utf-8, utf-16 or windows-1252. Default: utf-8." placeholder:"E"`
	Delimiter text     `help:"Character between cells of a CSV file, or tab. Default: found out." placeholder:"D"`
	DryRun    bool     `help:"Say what would be imported, and record nothing."`
}

// Help is shown by kept help import.
func (importCmd) Help() string {
	return "Columns, in any order: " + strings.Join(store.ImportColumns(), ", ") + ".\n\n" +
		"Dates are written 2026-12-04, with a time if need be. Without --partial one bad row means that nothing is imported. " +
		"Importing the same file again changes nothing.\n\n" +
		example("kept import promises.csv --create --dry-run", "kept import deals.xlsx --map promise_date='Close Date',customer='Account Name' --create")
}

// Run imports a file.
func (c *importCmd) Run(a *app) error {
	options, err := c.options()
	if err != nil {
		return err
	}
	s, by, err := a.actor()
	if err != nil {
		return err
	}
	list, err := c.open(a, options)
	if err != nil {
		return err
	}
	defer list.close()
	out, err := s.Import(a.ctx, by, list, store.ImportOptions{
		Create: c.Create, Partial: c.Partial, DryRun: c.DryRun, At: string(c.At), Progress: a.progress("rows"), Reject: list.reject,
	})
	a.progressDone()
	if err := errors.Join(err, list.finish()); err != nil {
		return a.importFailed(out, err)
	}
	return c.tell(a, out, list)
}

// options are how the file is to be read.
func (c *importCmd) options() (sheet.Options, error) {
	o := sheet.Options{Columns: store.ImportColumns(), Encoding: string(c.Encoding), Delimiter: string(c.Delimiter), Map: map[string]string{}}
	for _, typed := range c.Map {
		for pair := range strings.SplitSeq(typed, ",") {
			ours, theirs, ok := strings.Cut(pair, "=")
			if !ok || strings.TrimSpace(ours) == "" || strings.TrimSpace(theirs) == "" {
				return o, commitments.Invalid("map", fmt.Sprintf("%q: write Kept's column, =, and the file's, as promise_date='Close Date'", shorten(pair)))
			}
			o.Map[strings.TrimSpace(ours)] = strings.TrimSpace(theirs)
		}
	}
	return o, nil
}

// importFailed lists the rows that kept everything from being imported.
func (a *app) importFailed(out store.ImportResult, err error) error {
	if len(out.Rejected) == 0 {
		return err
	}
	if a.flags.JSON {
		return errors.Join(err, a.out.json(out))
	}
	for _, r := range out.Rejected {
		fmt.Fprintln(a.err, visible(rejectedWords(r)))
	}
	if more := out.RejectedTotal - len(out.Rejected); more > 0 {
		fmt.Fprintf(a.err, "… and %s more\n", plural(more, "row"))
	}
	return err
}

func rejectedWords(r store.Rejected) string {
	where := fmt.Sprintf("row %d", r.Row)
	if r.Column != "" {
		where += ", " + r.Column
	}
	if r.Value != "" {
		where += fmt.Sprintf(" %q", r.Value)
	}
	return where + ": " + r.Message
}

// imported is an import as it is shown.
type imported struct {
	store.ImportResult
	Ignored []string `json:"ignored"`           // columns of the file that Kept does not know
	Rejects string   `json:"rejects,omitempty"` // file of the rejected rows
}

func (c *importCmd) tell(a *app, out store.ImportResult, list *listFile) error {
	ignored := list.lead.Ignored()
	if len(ignored) > 0 {
		out.Warnings = append(out.Warnings, commitments.Warning{Code: "ignored-columns", Text: "columns that Kept does not know were ignored: " + strings.Join(ignored, ", ")})
	}
	if a.flags.JSON {
		return a.out.json(imported{out, append([]string{}, ignored...), list.rejectsPath})
	}
	a.warnings(out.Warnings)
	done := "Imported"
	if c.DryRun {
		done = "A dry run, nothing was recorded"
	}
	a.out.line("%s: %s, %d created, %d updated, %d unchanged, %d rejected.", done, plural(out.Rows, "row"), out.Created, out.Updated, out.Unchanged, out.RejectedTotal)
	if list.rejectsPath != "" {
		a.out.line("The rejected rows, each with its reason, are in %s.", list.rejectsPath)
	}
	return nil
}

// progress shows on a terminal how far a long job is.
func (a *app) progress(what string) func(int) {
	if !isTerminal(a.err) || a.flags.JSON {
		return nil
	}
	return func(n int) { fmt.Fprintf(a.err, "\r%d %s", n, what) }
}

func (a *app) progressDone() {
	if isTerminal(a.err) && !a.flags.JSON {
		fmt.Fprint(a.err, "\r\x1b[K")
	}
}

// fileError blames the file for what is wrong in it.
func fileError(err error) error {
	var path *os.PathError
	if errors.As(err, &path) {
		return commitments.Invalid("file", path.Error())
	}
	return commitments.Invalid("file", err.Error())
}
