"""What goes into a guest image: packages, files, and commands that run inside while it is made."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import dedent

_COMMON = (
    "linux-image-cloud-amd64", "initramfs-tools", "bash", "ca-certificates", "iproute2", "iputils-ping", "kmod",
    "openssh-server", "openssh-client", "procps", "python3", "python3-yaml",
)  # fmt: skip

_MODULES = (
    "virtio_pci", "virtio_blk", "virtio_scsi", "virtio_net", "virtio_rng", "ext4", "ata_piix", "sd_mod", "sr_mod",
    "evdev", "button",
)  # fmt: skip

EARLY_FILES = {
    # A short list of modules: an initramfs of 5 MB in place of 30.
    "etc/initramfs-tools/conf.d/modules": "MODULES=list\n",
    "usr/share/initramfs-tools/modules.d/guest": "\n".join(_MODULES) + "\n",
    # What a guest of tests never reads.
    "etc/dpkg/dpkg.cfg.d/small": "".join(
        f"path-exclude=/usr/share/{folder}/*\n" for folder in ("doc", "man", "locale", "info", "lintian")
    ),
}
"""Files that must be there before packages are set up."""

_FILES = {
    "etc/fstab": "/dev/disk/by-label/rootfs / ext4 defaults,noatime 0 1\n",
    "etc/hosts": "127.0.0.1 localhost\n127.0.1.1 guest\n::1 localhost ip6-localhost ip6-loopback\n",
    "etc/hostname": "guest\n",
    "etc/ssh/sshd_config.d/guest.conf": "PermitRootLogin yes\nPasswordAuthentication yes\nUseDNS no\nPrintMotd no\n",
}

_GRUB = dedent("""\
    linux /vmlinuz root=LABEL=rootfs rw net.ifnames=0 console=tty0 console=ttyS0,115200n8 quiet {more}
    initrd /initrd.img
    boot
""")


@dataclass(frozen=True)
class Variant:
    """One kind of guest image.

    ``files`` come last, by path; ``commands`` run inside the image by its shell, after them.
    """

    name: str
    title: str
    packages: tuple[str, ...]
    files: dict[str, str]
    commands: str
    size: int
    """Bytes of the whole disk."""


_MIB = 2**20

_SYSTEM = dedent("""\
    # What has to be there before services start. Debian's own thirty scripts do the same for any machine; these few
    # lines do it for this one, in a third of the time. Drivers were loaded by the initramfs, which also mounted /proc,
    # /sys, /dev and /run.
    mkdir -p /dev/pts /dev/shm /run/lock /run/sshd
    mount -t devpts -o gid=5,mode=620 devpts /dev/pts 2>/dev/null
    mount -t tmpfs -o nosuid,nodev shm /dev/shm 2>/dev/null
    ln -sfn /proc/self/mounts /etc/mtab
    mount -o remount,rw /
    rm -f /etc/nologin /run/nologin
    : >/run/utmp
    hostname -F /etc/hostname
    # As udev has it.
    chgrp dialout /dev/ttyS[1-9]; chmod 660 /dev/ttyS[1-9]
    ifup -a &
    if [ -e /sys/class/net/eth1 ]; then
        ifup eth1 &
    fi
""")

_AVAHI = dedent("""\
    #!/bin/sh
    ### BEGIN INIT INFO
    # Provides: avahi-daemon
    # Required-Start: $local_fs
    # Required-Stop: $local_fs
    # Default-Start: 2
    # Default-Stop: 0 6
    # Short-Description: names of the local network (mDNS)
    ### END INIT INFO
    case $1 in
        start) /usr/sbin/avahi-daemon --daemonize --syslog ;;
        stop) /usr/sbin/avahi-daemon --kill ;;
        reload|force-reload) /usr/sbin/avahi-daemon --reload ;;
        restart) /usr/sbin/avahi-daemon --kill; /usr/sbin/avahi-daemon --daemonize --syslog ;;
        status) /usr/sbin/avahi-daemon --check ;;
    esac
""")

SMALL = Variant(
    "small",
    "Debian 12 Guest",
    (
        *_COMMON,
        "sysvinit-core", "ifupdown", "udhcpc", "acpid", "avahi-daemon", "avahi-autoipd", "libnss-mdns",
    ),
    {
        **_FILES,
        "boot/grub/grub.cfg": _GRUB.format(more=""),
        "etc/network/interfaces": dedent("""\
            auto lo
            iface lo inet loopback
            auto eth0
            iface eth0 inet dhcp
            iface eth1 inet ipv4ll
        """),
        # A third of a login's time goes into PAM, which nothing here needs; a locked user could not log in without it.
        "etc/ssh/sshd_config.d/quick.conf": "UsePAM no\n",
        "etc/acpi/events/powerbtn": "event=button[ /]power.*\naction=/sbin/poweroff\n",
        "etc/avahi/avahi-daemon.conf": "[server]\nenable-dbus=no\n[publish]\npublish-workstation=no\n",
        "etc/init.d/avahi-daemon": _AVAHI,
        "etc/init.d/guest-system": _SYSTEM,
        "etc/inittab": dedent("""\
            id:2:initdefault:
            si::sysinit:/bin/sh /etc/init.d/guest-system
            l0:0:wait:/etc/init.d/rc 0
            l1:1:wait:/etc/init.d/rc 1
            l2:2:wait:/etc/init.d/rc 2
            l6:6:wait:/etc/init.d/rc 6
            1:2:respawn:/sbin/getty --noclear 38400 tty1
            T0:2:respawn:/sbin/getty -L ttyS0 115200 vt100
        """),
    },
    "chmod 755 /etc/init.d/avahi-daemon\n"
    "rm -f /etc/rc2.d/S* /etc/rc[06].d/K*\n"
    "for s in acpid ssh avahi-daemon; do ln -s ../init.d/$s /etc/rc2.d/S01$s; done\n"
    "for s in 1sendsigs 2umountfs 3umountroot; do\n"
    "    ln -s ../init.d/${s#?} /etc/rc0.d/K0$s; ln -s ../init.d/${s#?} /etc/rc6.d/K0$s\n"
    "done\n"
    "ln -s ../init.d/halt /etc/rc0.d/K09halt; ln -s ../init.d/reboot /etc/rc6.d/K09reboot\n",
    736 * _MIB,
)  # fmt: skip

CLOUD_INIT = Variant(
    "cloud-init",
    "Debian 12 Guest with cloud-init",
    (*_COMMON, "systemd-sysv", "libpam-systemd", "dbus", "cloud-init", "sudo"),
    {
        **_FILES,
        "boot/grub/grub.cfg": _GRUB.format(more="systemd.show_status=0"),
        "etc/systemd/network/80-dhcp.network": "[Match]\nName=eth0\n[Network]\nDHCP=ipv4\n",
        "etc/cloud/cloud.cfg.d/90_guest.cfg": "locale: false\napt_preserve_sources_list: true\n"
        "network: {config: disabled}\n",
    },
    "systemctl enable systemd-networkd\n"
    "systemctl mask systemd-networkd-wait-online apt-daily.timer apt-daily-upgrade.timer e2scrub_reap.service\n",
    1200 * _MIB,
)

VARIANTS = {variant.name: variant for variant in (SMALL, CLOUD_INIT)}
