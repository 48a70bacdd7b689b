package main

import (
	"bufio"
	"fmt"
	"strings"

	"kept/commitments/store"
)

const movesHelp = "Open promises whose dates another calendar moves are listed first, then Kept asks; where nobody can be asked, --yes applies it. " +
	"The date a customer was told never moves. An internal target that a padding rule gave may, and so may the moment at which the day ends."

// edited carries out an edit that may move the dates of open promises, and shows what
// came of it. Dates that move are listed first; unless --yes said so already, a person
// is asked whether to apply it.
func edited[E interface {
	Moved() (moves []store.Move, applied bool)
}](a *app, edit func(apply bool) (E, error), show func(E) error) error {
	e, err := edit(false)
	if err != nil || a.flags.JSON {
		return a.answer(e, err)
	}
	moves, applied := e.Moved()
	if len(moves) > 0 {
		a.out.line("The dates of %s move; what the customers were told stays.", plural(len(moves), "open promise"))
	}
	for _, m := range moves {
		a.out.line("promise %d to %s, %s: %s", m.ID, m.Customer, m.Title, moveWords(m))
	}
	if !applied {
		if !a.asks("Apply it? [y/N] ") {
			a.out.line("Nothing was changed. With --yes these dates move.")
			return nil
		}
		if e, err = edit(true); err != nil {
			return err
		}
	}
	return show(e)
}

// asks asks a person a question, and reports whether they said yes. Where nobody sits
// at the terminal, nobody did.
func (a *app) asks(question string) bool {
	if !isTerminal(a.in) {
		return false
	}
	_ = a.out.Flush() // what it is about comes before the question
	fmt.Fprint(a.err, question)
	answer, _ := bufio.NewReader(a.in).ReadString('\n')
	switch strings.ToLower(strings.TrimSpace(answer)) {
	case "y", "yes":
		return true
	}
	return false
}

func moveWords(m store.Move) string {
	var parts []string
	if m.Target != m.NewTarget {
		parts = append(parts, "target "+m.Target.Human()+" → "+m.NewTarget.Human())
	}
	if m.Padding != nil && m.NewPadding != nil && *m.Padding != *m.NewPadding {
		parts = append(parts, fmt.Sprintf("padding %d → %s", *m.Padding, plural(*m.NewPadding, "working day")))
	}
	if m.DueAt != m.NewDueAt {
		parts = append(parts, "due "+clockTime(m.DueAt, "UTC")+" → "+clockTime(m.NewDueAt, "UTC")+" UTC")
	}
	return strings.Join(parts, ", ")
}
