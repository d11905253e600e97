package secretscan

import "sync"

// The owners of words that are not rules of the table.
const (
	ownPair = -1 - iota
	ownURL
	ownKey
	ownLogin
)

// pairWords are parts of the names of secrets, as internal/appconfig has them.
var pairWords = []string{"pass", "pwd", "secret", "token", "credential", "auth", "apikey", "api_key", "api-key", "accesskey", "access_key", "access-key",
	"privatekey", "private_key", "private-key", "signingkey", "signing_key", "signing-key", "encryptionkey", "encryption_key", "encryption-key",
	"connectionstring", "connection_string", "writekey", "write_key", "write-key", "masterkey", "master_key", "master-key", "accountkey", "account_key", "applicationkey", "application_key", "application-key",
	"appkey", "app_key", "app-key", "licensekey", "license_key", "license-key", "storagekey", "storage_key", "storage-key", "cookiekey", "cookie_key", "cookie-key", "subscriptionkey", "subscription_key", "subscription-key"}

// words finds all words of a list in one pass over a text.
type words struct {
	words  []string
	owners [][]int // of each word
	// starts has the words by their first two characters, and begins says whether there
	// are any: it is small enough to stay near.
	starts map[uint16][]int32
	begins [1 << 16]bool
}

var index = sync.OnceValue(func() *words {
	w, at := &words{starts: map[uint16][]int32{}}, map[string]int{}
	add := func(word string, owner int) {
		i, ok := at[word]
		if !ok {
			i = len(w.words)
			at[word] = i
			w.words, w.owners = append(w.words, word), append(w.owners, nil)
			two := uint16(word[0])<<8 | uint16(word[1])
			w.starts[two], w.begins[two] = append(w.starts[two], int32(i)), true
		}
		w.owners[i] = append(w.owners[i], owner)
	}
	for _, word := range pairWords {
		add(word, ownPair)
	}
	add("://", ownURL)
	add("-----begin", ownKey)
	add("login", ownLogin)
	add("sshpass", ownLogin)
	for i, r := range table() {
		for _, word := range r.keywords {
			add(word, i)
		}
	}
	return w
})

// place is a word in a text.
type place struct{ word, at int }

// folded has ASCII letters in lower case.
var folded = func() (t [256]byte) {
	for i := range t {
		t[i] = byte(i)
		if 'A' <= i && i <= 'Z' {
			t[i] += 'a' - 'A'
		}
	}
	return t
}()

// find lists the words of a text in its order, without regard to case; all is false
// if there are more than most.
func (w *words) find(src []byte, most int) (list []place, all bool) {
	if len(src) < 2 {
		return nil, true
	}
	a := folded[src[0]]
	for i := 1; i < len(src); i++ {
		b := folded[src[i]]
		two := uint16(a)<<8 | uint16(b)
		a = b
		if !w.begins[two] {
			continue
		}
		for _, n := range w.starts[two] {
			if word := w.words[n]; hasFolded(src[i-1:], word) {
				if len(list) == most {
					return list, false
				}
				list = append(list, place{int(n), i - 1})
			}
		}
	}
	return list, true
}

func hasFolded(src []byte, word string) bool {
	if len(src) < len(word) {
		return false
	}
	for i := range len(word) {
		if folded[src[i]] != word[i] {
			return false
		}
	}
	return true
}
