package inventory

import (
	"time"

	"lastgood/shared/awsfake"
)

const (
	tokyo     = "ap-northeast-1"
	singapore = "ap-southeast-1"
	web       = "i-0123456789abcdef0"
	other     = "i-0fedcba9876543210"
	ami1      = "ami-00000000000000001"
	ami2      = "ami-00000000000000002"
	ami3      = "ami-00000000000000003"
)

var t0 = time.Date(2026, 9, 1, 2, 0, 0, 0, time.UTC)

// imageOf makes an available image of an instance.
func imageOf(w *awsfake.World, id, instance string) {
	w.Create(tokyo, id, instance, t0)
	w.SetState(tokyo, id, "available")
}
