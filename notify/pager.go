package notify

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// pager lays out sections of items over as few pages as they need.
type pager struct {
	zone  *time.Location
	pages []*pageful

	name    string // of the section begun
	heading string // of the group begun within it; "" for none
	block   []slack.RichTextElement
	group   []string // items after the last heading, not yet in the block
	size    int      // characters in both
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

// item adds one item. One that need not be shown is left out once the pages are full.
func (p *pager) item(text string, must bool) {
	text = kit.Line(text, maxItem)
	need := utf8.RuneCountInString(text) + len(p.name) + utf8.RuneCountInString(p.heading)
	if p.size+need > maxBlock || !p.page().room(p.size+need) {
		p.flush()
	}
	if !p.page().room(need) {
		if !must && len(p.pages) >= digestPages {
			p.leave()
			return
		}
		p.newPage()
	}
	p.group = append(p.group, text)
	p.size += need
}

// room reports whether one more block with so much text fits.
func (p *pageful) room(text int) bool {
	return len(p.blocks) < kit.MaxBlocks-1 && p.weight+text+kit.BlockWeight <= kit.MaxWeight-roomForEnd
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
		p.page().add(slack.NewRichTextBlock("", p.block...))
	}
	p.block, p.size = nil, 0
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
