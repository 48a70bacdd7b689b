package main

import (
	"slices"
	"strings"

	"kept/commitments"

	"github.com/alecthomas/kong"
)

type completionCmd struct {
	Shell text `arg:"" help:"bash, zsh or fish."`
}

// Help is shown by kept help completion.
func (completionCmd) Help() string {
	return "Add the line of your shell to the file it reads at its start.\n\n" +
		"Example:\n\n    source <(kept completion bash)\n    source <(kept completion zsh)\n    kept completion fish | source"
}

// Run prints the script of a shell. All of them ask kept itself, so that they are
// never behind it.
func (c *completionCmd) Run(a *app) error {
	switch c.Shell {
	case "bash":
		a.out.line("%s", `_kept() { local IFS=$'\n'; COMPREPLY=($(kept __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)); }; complete -o default -F _kept kept`)
	case "zsh":
		a.out.line("%s", `_kept() { local -a found; found=("${(@f)$(kept __complete -- "${(@)words[2,CURRENT]}" 2>/dev/null)}"); compadd -- $found || _files; }; compdef _kept kept`)
	case "fish":
		a.out.line("%s", `complete -c kept -a '(set -l typed (commandline -opc) (commandline -ct); kept __complete -- $typed[2..-1] 2>/dev/null)'`)
	default:
		return commitments.Invalid("shell", "write bash, zsh or fish")
	}
	return nil
}

type completeCmd struct {
	Words []string `arg:"" optional:"" passthrough:""`
}

// Run prints what the last of the words may become, one a line.
func (c *completeCmd) Run(a *app) error {
	parser, err := newParser(&commands{}, a)
	if err != nil {
		return err
	}
	typed := c.Words
	if len(typed) > 0 && typed[0] == "--" {
		typed = typed[1:]
	}
	for _, word := range completions(parser.Model.Node, typed) {
		a.out.line("%s", word)
	}
	return nil
}

// completions walks down the commands already typed and offers the commands there,
// or the flags, that the last word begins.
func completions(node *kong.Node, typed []string) []string {
	last := ""
	if len(typed) > 0 {
		last, typed = typed[len(typed)-1], typed[:len(typed)-1]
	}
	for _, word := range typed {
		for _, child := range node.Children {
			if child.Name == word {
				node = child
				break
			}
		}
	}
	var found []string
	offer := func(word string) {
		if strings.HasPrefix(word, last) {
			found = append(found, word)
		}
	}
	for _, child := range node.Children {
		if !child.Hidden {
			offer(child.Name)
		}
	}
	if strings.HasPrefix(last, "-") {
		for _, group := range node.AllFlags(true) {
			for _, flag := range group {
				offer("--" + flag.Name)
			}
		}
	}
	slices.Sort(found)
	return found
}
