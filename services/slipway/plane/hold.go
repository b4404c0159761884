package plane

// Hold makes a data folder, if need be, and takes all of it until release is called:
// SLW-C006 where a part of it belongs to another process.
func Hold(data string) (release func(), err error) {
	owned, err := lock(data, bound...)
	if err != nil {
		return nil, err
	}
	return owned.release, nil
}
