package notify

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"kept/commitments"
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// pager lays out sections of items over as few pages as they need.
type pager struct {
	zone  *time.Location
	keys  map[commitments.ID]string // of the promises that get a button; nil for none
	pages []*pageful

	name    string // of the section begun
	heading string // of the group begun within it; "" for none
	block   []slack.RichTextElement
	group   []string                // items after the last heading, not yet in the block
	buttons []slack.BlockElement    // into the items of the block
	opened  map[commitments.ID]bool // those that have one
	size    int                     // characters in all of them
	left    []leftOut
}

// leftOut counts the items of a section that were left out.
type leftOut struct {
	name string
	n    int
}

// maxBlock is how much text is put into one block of a digest, in characters.
const maxBlock = 2500

func (p *pager) newPage()       { p.pages = append(p.pages, &pageful{}) }
func (p *pager) page() *pageful { return p.pages[len(p.pages)-1] }

// section begins a section, or, under the same name, a further group in it.
func (p *pager) section(name, heading string) {
	p.closeGroup()
	if name != p.name {
		p.flush()
	}
	p.name, p.heading = name, heading
}

// promise adds an item about a promise, with a button that opens it.
func (p *pager) promise(id commitments.ID, title, text string, must bool) {
	key := p.keys[id]
	if key == "" {
		p.item(text, must)
		return
	}
	b := Button(fmt.Sprintf("#%d %s", id, kit.Line(title, maxLabel)), fmt.Sprintf("%s/%d", ActionShow, id), Ref{Key: key})
	b.Text.Emoji = new(false) // what people typed is shown as they typed it
	if p.add(text, utf8.RuneCountInString(b.Text.Text), must) && !p.opened[id] {
		p.buttons, p.opened[id] = append(p.buttons, b), true
	}
}

// maxButtons is how many buttons stand below one block, maxLabel how much of a title is
// on each, in characters.
const (
	maxButtons = 25
	maxLabel   = 30
)

// item adds one item.
func (p *pager) item(text string, must bool) { p.add(text, 0, must) }

// add adds one item with a button of so many characters. One that need not be shown is
// left out once the pages are full: false.
func (p *pager) add(text string, label int, must bool) bool {
	text = kit.Line(text, maxItem)
	need := utf8.RuneCountInString(text) + len(p.name) + utf8.RuneCountInString(p.heading) + label
	if p.size+need > maxBlock || len(p.buttons) == maxButtons || !p.page().room(p.size+need) {
		p.flush()
	}
	if !p.page().room(need) {
		if !must && len(p.pages) >= digestPages {
			p.leave()
			return false
		}
		p.newPage()
	}
	p.group = append(p.group, text)
	p.size += need
	return true
}

// room reports whether one more block with so much text fits, and its buttons.
func (p *pageful) room(text int) bool {
	return len(p.blocks) < kit.MaxBlocks-2 && p.weight+text+2*kit.BlockWeight <= kit.MaxWeight-roomForEnd
}

func (p *pager) leave() {
	if n := len(p.left); n > 0 && p.left[n-1].name == p.name {
		p.left[n-1].n++
		return
	}
	p.left = append(p.left, leftOut{p.name, 1})
}

// closeGroup moves the items at hand into the block, below their headings.
func (p *pager) closeGroup() {
	if len(p.group) == 0 {
		return
	}
	if len(p.block) == 0 {
		p.block = append(p.block, kit.Paragraph(kit.Strong(p.name)))
	}
	if p.heading != "" {
		p.block = append(p.block, kit.Paragraph(kit.Plain(p.heading)))
	}
	p.block = append(p.block, kit.List(slack.RTEListBullet, p.group))
	p.group = nil
}

// flush puts the block at hand on the page, where there is room for it.
func (p *pager) flush() {
	p.closeGroup()
	if len(p.block) > 0 {
		blocks := []slack.Block{slack.NewRichTextBlock("", p.block...)}
		if len(p.buttons) > 0 {
			blocks = append(blocks, slack.NewActionBlock("", p.buttons...))
		}
		p.page().add(blocks...)
	}
	p.block, p.buttons, p.size = nil, nil, 0
	clear(p.opened)
}

// finish gives the pages, each with its number where there are several, the last
// with what was left out and the command that shows it.
func (p *pager) finish(all string) [][]slack.Block {
	p.flush()
	out := make([][]slack.Block, len(p.pages))
	for i, page := range p.pages {
		var last []string
		if len(p.pages) > 1 {
			last = append(last, fmt.Sprintf("Page %d of %d.", i+1, len(p.pages)))
		}
		if i == len(p.pages)-1 && len(p.left) > 0 {
			last = append(last, "Left out here: "+p.leftOut()+". All of it: "+all)
		}
		if len(last) > 0 {
			page.end(strings.Join(last, " "))
		}
		out[i] = page.blocks
	}
	return out
}

func (p *pager) leftOut() string {
	var parts []string
	for _, l := range p.left {
		parts = append(parts, fmt.Sprintf("%d under “%s”", l.n, l.name))
	}
	return strings.Join(parts, ", ")
}
