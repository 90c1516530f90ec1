package keyring

// Key gives the key that Next reserved under ref: for what is encrypted outside
// the ring, such as attachments. Values of Seal are opened with Open.
//
// Errors: NotFound, for which IsDestroyed is true, when the key was destroyed;
// Internal when ref names no key.
func (r *Ring) Key(ref Ref) (Key, error) { return r.key(ref) }
