package bus

import "syscall"

// File systems on which what was acknowledged may be lost, or is not this machine's,
// by the numbers statfs tells.
var shaky = map[uint32]string{
	0x01021994: "tmpfs",
	0x858458f6: "ramfs",
	0x794c7630: "overlay",
	0x00006969: "nfs",
	0xff534d42: "cifs",
	0xfe534d42: "smb",
	0x01021997: "9p",
	0x65735546: "fuse",
}

// shakyFS names the file system a folder is on if it is one of those; "" if not.
func shakyFS(dir string) string {
	var st syscall.Statfs_t
	if err := syscall.Statfs(dir, &st); err != nil {
		return ""
	}
	return shaky[uint32(st.Type)]
}
