package store

import "hash/maphash"

// bloom is a set of texts that may hold more than was put into it (Bloom, 1970), in
// memory that does not grow: it spares a look into an empty database for most of the
// ids of a list, and wrongly asks for one for a few in a million rows.
type bloom struct {
	seed maphash.Seed
	bits [1 << 18]uint64
}

func newBloom() *bloom { return &bloom{seed: maphash.MakeSeed()} }

// seen reports whether a text may have been seen before, and puts it in.
func (b *bloom) seen(s string) bool {
	h := maphash.String(b.seed, s)
	all := true
	for range 4 {
		word, bit := h>>6&(1<<18-1), uint64(1)<<(h&63)
		all = all && b.bits[word]&bit != 0
		b.bits[word] |= bit
		h = h>>16 | h<<48
	}
	return all
}
