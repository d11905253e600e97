package spec

import "strings"

// isGit is gitUtils.isGitUrl of Yarn's plugin-git: a URL with a git protocol,
// one that ends in .git, git@host:path.git, or a GitHub repository in any of
// its short forms. URLs that name a commit, a branch or a tag in the fragment
// count as well.
func isGit(s string) bool {
	url, fragment, hasFragment := strings.Cut(s, "#")
	scheme, rest, hasScheme := strings.Cut(url, ":")
	switch {
	case hasScheme && (scheme == "ssh" || scheme == "git" || strings.HasPrefix(scheme, "git+")):
		return true
	case strings.HasPrefix(url, "git@"):
		return strings.Contains(url, "/") && strings.HasSuffix(url, ".git")
	case scheme == "github" && hasScheme:
		return isRepo(rest)
	case scheme == "http" || scheme == "https":
		if path, ok := strings.CutPrefix(url, "https://github.com/"); ok {
			repo, _, tarball := strings.Cut(path, "/tarball/")
			if isRepo(repo) {
				return true
			}
			if tarball {
				return false
			}
		}
		if strings.HasSuffix(url, ".git") {
			return true
		}
		key, _, hasKey := strings.Cut(fragment, "=")
		return hasFragment && hasKey && (key == "commit" || key == "branch" || key == "head" || key == "tag" || key == "semver")
	case !hasScheme:
		return isRepo(url)
	}
	return false
}

// isRepo reports whether s is user/repository on GitHub.
func isRepo(s string) bool {
	user, repo, ok := strings.Cut(s, "/")
	return ok && isWord(user) && isWord(repo) && user != "." && user != ".." && repo != "." && repo != ".."
}

// isWord reports whether s has only characters of a GitHub name or of a tag.
func isWord(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; !isLetter(c) && !isDigit(c) && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return s != ""
}
