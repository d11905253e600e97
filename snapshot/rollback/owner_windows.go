package rollback

// sameOwner does nothing: a new file inherits the folder's permissions.
func sameOwner(string, string) error { return nil }
