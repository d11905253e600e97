package setup

// gitlabParts are the jobs of GitLab.
func gitlabParts(*Facts) []part { return nil }
