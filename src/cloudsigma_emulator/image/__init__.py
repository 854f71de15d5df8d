"""Guest images: small bootable Debian disks, built from the machine's own apt sources and kept in a cache."""
