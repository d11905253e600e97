// Package registry asks npm registries: packuments (everything a registry
// knows of a package) and tarballs that are what the registry says they are.
//
// Packuments are read as a stream and kept without what nobody reads, so that
// hundreds of them fit into a few tens of megabytes; they are cached on disk
// by registry and revalidated with ETags. Registries, credentials and Yarn's
// rules on them come from package yarnrc, requests from package httpfetch.
package registry

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/portalctl/portalctl/internal/fault"
	"github.com/portalctl/portalctl/internal/httpfetch"
	"github.com/portalctl/portalctl/internal/spec"
	"github.com/portalctl/portalctl/internal/yarnrc"
)

// What errors.Is can tell of the package's errors.
var (
	// ErrNotFound: the registry has no such package or version.
	ErrNotFound = errors.New("the registry does not have it")
	// ErrOffline: the network may not be used and the cache does not help.
	ErrOffline = httpfetch.ErrOffline
	// ErrAuth: the registry wants credentials, or others.
	ErrAuth = errors.New("the registry refuses access")
	// ErrInvalid: what the registry sent is not what was asked for.
	ErrInvalid = errors.New("the registry's answer is not valid")
	// ErrIntegrity: a tarball is not the one that the registry announced.
	ErrIntegrity = errors.New("the tarball does not match its checksum")
)

// Limits and defaults.
const (
	// maxPackument is the largest packument in bytes, uncompressed. The
	// largest known ones have about 50 MB.
	maxPackument = 128 << 20
	// defaultMaxTarball is the default of Config.MaxTarball.
	defaultMaxTarball = 512 << 20
	// defaultMaxAge is the default of Config.MaxAge: what the public registry
	// allows caches to keep.
	defaultMaxAge = 5 * time.Minute
	// bodyAttempts is how often a body that breaks off is asked for: httpfetch
	// retries only what fails before the body starts.
	bodyAttempts = 3
)

// Config says how a Client works. Settings and HTTP are required.
type Config struct {
	Settings *yarnrc.Settings
	HTTP     *httpfetch.Client
	// CacheDir is where packuments are kept between runs; "" for nowhere. It
	// belongs to the registry client alone.
	CacheDir string
	// Offline answers from the cache, however old, and asks nobody. A client
	// whose HTTP is offline is offline too.
	Offline bool
	// Concurrency is how many packuments are fetched at a time; 0 means the
	// setting networkConcurrency, or Yarn's default of 50.
	Concurrency int
	// MaxAge is how long a cached packument is used without asking the
	// registry; 0 means defaultMaxAge, a negative value never.
	MaxAge time.Duration
	// MaxTarball is the largest tarball in bytes; 0 means defaultMaxTarball.
	MaxTarball int64
	// TempDir is where large tarballs are put while in use, "" for the
	// system's folder for that.
	TempDir string
	// Now is the clock; nil means time.Now.
	Now func() time.Time
}

// Client asks registries. It is safe for concurrent use and remembers every
// packument, and every name that does not exist, as long as it lives.
type Client struct {
	cfg   Config
	limit int64         // bytes of a packument
	wait  time.Duration // before the first new attempt at a body
	slots chan struct{}

	mu    sync.Mutex
	calls map[string]*call

	keysMu sync.Mutex
	keys   map[string]knownKeys // by the registry's address
}

// New is a Client. It does no I/O.
func New(cfg Config) (*Client, error) {
	if cfg.Settings == nil || cfg.HTTP == nil {
		return nil, errors.New("registry: Config lacks Settings or HTTP")
	}
	if cfg.Concurrency <= 0 {
		cfg.Concurrency = cfg.Settings.NetworkConcurrency.Or(httpfetch.DefaultConcurrency)
	}
	cfg.Concurrency = min(max(cfg.Concurrency, 1), 256)
	if cfg.MaxAge == 0 {
		cfg.MaxAge = defaultMaxAge
	}
	if cfg.MaxTarball <= 0 {
		cfg.MaxTarball = defaultMaxTarball
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	cfg.Offline = cfg.Offline || cfg.HTTP.Offline()
	return &Client{cfg: cfg, limit: maxPackument, wait: 200 * time.Millisecond, slots: make(chan struct{}, cfg.Concurrency), calls: map[string]*call{}}, nil
}

// checkName refuses what is not an npm package name before it gets into a URL or a
// file name. Registries hold old names that npm would refuse today, so that
// only their shape is checked.
func checkName(name string) error {
	base := name
	scoped := strings.HasPrefix(name, "@")
	if scoped {
		scope, rest, _ := strings.Cut(name[1:], "/")
		if base = rest; !validPart(scope) {
			base = ""
		}
	}
	if !validPart(base) || len(name) > 300 || !scoped && strings.ContainsRune(name, '@') {
		return fault.Wrap(ErrNotFound, fault.Pos{}, "%q is not the name of an npm package", name).
			WithNext("Correct the name")
	}
	return nil
}

func validPart(s string) bool {
	if s == "" || s == "." || s == ".." {
		return false
	}
	for _, r := range s {
		if r <= ' ' || r == 0x7f || strings.ContainsRune(`/\:?#%@"<>|*`, r) {
			return false
		}
	}
	return true
}

// escape is JavaScript's encodeURIComponent.
func escape(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c|0x20 >= 'a' && c|0x20 <= 'z' || c >= '0' && c <= '9' || strings.IndexByte("-_.!~*'()", c) >= 0 {
			b.WriteByte(c)
		} else {
			fmt.Fprintf(&b, "%%%02X", c)
		}
	}
	return b.String()
}

// namePath is the path of a package, a name that checkName has let pass, below its
// registry, as Yarn writes it.
func namePath(name, separator string) string {
	scope, base := spec.SplitScope(name)
	if scope == "" {
		return "/" + escape(base)
	}
	return "/@" + escape(scope) + separator + escape(base)
}
