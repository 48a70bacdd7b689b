package notify

import (
	"kept/notify/kit"

	"github.com/slack-go/slack"
)

// pageful collects blocks up to the limits of a message.
type pageful struct {
	blocks []slack.Block
	weight int
}

// roomForEnd is what is kept free for a last line: a digest's names each of its sections
// of which something was left out, and the command that shows all of it.
const roomForEnd = 700

// add appends blocks that belong together, if all of them fit.
func (p *pageful) add(blocks ...slack.Block) bool {
	w := kit.Weight(blocks...)
	if len(p.blocks)+len(blocks) > kit.MaxBlocks-1 || p.weight+w > kit.MaxWeight-roomForEnd {
		return false
	}
	p.blocks, p.weight = append(p.blocks, blocks...), p.weight+w
	return true
}

// end appends a last line, for which there is always room.
func (p *pageful) end(s string) {
	p.blocks = append(p.blocks, kit.Note(kit.Cut(s, roomForEnd-kit.BlockWeight)))
}
