package access

import (
	"crypto/sha256"
	"sync"
	"time"
)

const (
	// CacheTime is how long a key is trusted without asking PostgreSQL, in real time: a revocation is seen within it.
	CacheTime = 5 * time.Second
	// cacheSize bounds memory against somebody who tries key after key.
	cacheSize = 10_000
)

// holder is what is known of a hash: nothing, when no valid key has it.
type holder struct {
	known     bool
	principal Principal
	expires   *time.Time
}

func (h holder) valid(now time.Time) bool {
	return h.known && (h.expires == nil || h.expires.After(now))
}

// cache remembers holders by the hash of the key. Finding a hash by map is no leak: whoever times it learns about the
// hash of a guess, not about a key.
type cache struct {
	now func() time.Time // real time

	mu    sync.Mutex
	items map[[sha256.Size]byte]cached
}

type cached struct {
	holder holder
	until  time.Time
}

func newCache() *cache {
	return &cache{now: time.Now, items: map[[sha256.Size]byte]cached{}}
}

func (c *cache) get(hash [sha256.Size]byte) (holder, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	item, ok := c.items[hash]
	if !ok || !item.until.After(c.now()) {
		return holder{}, false
	}
	return item.holder, true
}

func (c *cache) put(hash [sha256.Size]byte, h holder) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.items) >= cacheSize {
		clear(c.items)
	}
	c.items[hash] = cached{h, c.now().Add(CacheTime)}
}

func (c *cache) clear() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.items)
}
