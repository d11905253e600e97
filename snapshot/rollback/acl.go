package rollback

import (
	"fmt"
	"strings"

	"github.com/portalctl/portalctl/internal/pg"
)

// privileges of the letters in an aclitem, for databases and schemas
// (PostgreSQL's documentation, table "ACL privilege abbreviations").
var privileges = map[byte]string{'C': "CREATE", 'c': "CONNECT", 'T': "TEMPORARY", 'U': "USAGE"}

// aclSQL makes the privileges of an object (kind DATABASE or SCHEMA, its quoted
// name) exactly those of acl. nil is the default, which a new object has.
func aclSQL(kind, name, owner string, acl []string) []string {
	if acl == nil {
		return nil
	}
	out := []string{fmt.Sprintf("REVOKE ALL ON %s %s FROM PUBLIC", kind, name)}
	if owner != "" {
		out = append(out, fmt.Sprintf("REVOKE ALL ON %s %s FROM %s", kind, name, pg.Ident(owner)))
	}
	for _, item := range acl {
		grantee, letters, ok := parseACL(item)
		if !ok {
			continue
		}
		to := "PUBLIC"
		if grantee != "" {
			to = pg.Ident(grantee)
		}
		plain, grantable := []string{}, []string{}
		for i := 0; i < len(letters); i++ {
			word, known := privileges[letters[i]]
			if !known {
				continue
			}
			if i+1 < len(letters) && letters[i+1] == '*' {
				grantable = append(grantable, word)
			} else {
				plain = append(plain, word)
			}
		}
		if len(plain) > 0 {
			out = append(out, fmt.Sprintf("GRANT %s ON %s %s TO %s", strings.Join(plain, ", "), kind, name, to))
		}
		if len(grantable) > 0 {
			out = append(out, fmt.Sprintf("GRANT %s ON %s %s TO %s WITH GRANT OPTION", strings.Join(grantable, ", "), kind, name, to))
		}
	}
	return out
}

// parseACL reads an aclitem: grantee=letters/grantor. A name that is not plain
// stands in double quotes; an empty grantee is PUBLIC.
func parseACL(item string) (grantee, letters string, ok bool) {
	i := 0
	var name strings.Builder
	if strings.HasPrefix(item, `"`) {
		for i = 1; i < len(item); i++ {
			if item[i] == '"' {
				if i+1 < len(item) && item[i+1] == '"' {
					i++
				} else {
					i++
					break
				}
			}
			name.WriteByte(item[i])
		}
	} else {
		for ; i < len(item) && item[i] != '='; i++ {
			name.WriteByte(item[i])
		}
	}
	if i >= len(item) || item[i] != '=' {
		return "", "", false
	}
	letters, _, ok = strings.Cut(item[i+1:], "/")
	return name.String(), letters, ok
}
