package main

import (
	"fmt"

	"kept/commitments"
)

// mayOperate refuses those who may not sweep, send, or look at deliveries.
func mayOperate(by commitments.Actor) error {
	if !by.MayAlways(commitments.ActOperate) {
		return commitments.Refused("as", fmt.Sprintf("%s is a %s: only an admin may do that", by.Name, by.Role))
	}
	return nil
}
