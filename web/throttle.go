package web

import (
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"
)

// Limits of what anybody may ask for who needs no account.
const (
	pagesAMinute = 60     // for each address
	addresses    = 10_000 // beyond these in one minute all others count as one
)

// throttle counts what each address asks for, minute by minute. It is safe for
// concurrent use; its zero value is ready.
type throttle struct {
	mu     sync.Mutex
	minute time.Time
	asked  map[netip.Addr]int
}

func (t *throttle) allows(a netip.Addr) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if now := time.Now(); t.asked == nil || now.Sub(t.minute) >= time.Minute {
		t.minute, t.asked = now, map[netip.Addr]int{}
	}
	if _, known := t.asked[a]; !known && len(t.asked) >= addresses {
		a = netip.Addr{}
	}
	t.asked[a]++
	return t.asked[a] <= pagesAMinute
}

// visitor is the address a request comes from, of IPv6 the network that one household
// has. A proxy on this machine is believed whom it speaks for; others could say anything.
func visitor(r *http.Request) netip.Addr {
	from, _ := netip.ParseAddrPort(r.RemoteAddr)
	address := from.Addr().Unmap()
	if address.IsLoopback() {
		forwarded := r.Header.Values("X-Forwarded-For")
		if last := strings.Join(forwarded, ","); last != "" {
			if said, err := netip.ParseAddr(strings.TrimSpace(last[strings.LastIndexByte(last, ',')+1:])); err == nil {
				address = said.Unmap()
			}
		}
	}
	if address.Is6() {
		network, _ := address.Prefix(64) // cannot fail for an address of 128 bits
		return network.Addr()
	}
	return address
}
