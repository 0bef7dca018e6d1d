# shellcheck shell=bash
# harness/vm-kernel.bash - a kernel, as QEMU boots it
#
# Sourced by vm-image and by its tests.  A distribution's kernel unpacks itself when
# it starts, which under emulation takes longer than all the rest of the boot.  Unpacked
# here, it is there in half the time.

# number_at FILE OFFSET BYTES: an unsigned little-endian number
number_at() { od -An -tu"$3" -j "$2" -N "$3" --endian=little "$1" | tr -d ' '; }

# text_at FILE OFFSET BYTES
text_at() { tail -c "+$(($2 + 1))" "$1" | head -c "$3" | tr -d '\0'; }

# find_payload FILE: into AT and SIZE, where in it the compressed kernel lies; status 1
# if it has none.  x86: Documentation/arch/x86/boot.rst of the kernel's source, protocol
# 2.08.  EFI zboot (arm64): drivers/firmware/efi/libstub/zboot-header.S.
find_payload() {
    if [ "$(text_at "$1" $((0x202)) 4)" = HdrS ] && [ "$(number_at "$1" $((0x206)) 2)" -ge $((0x208)) ]; then
        AT=$((($(number_at "$1" $((0x1f1)) 1) + 1) * 512 + $(number_at "$1" $((0x248)) 4)))
        SIZE=$(number_at "$1" $((0x24c)) 4)
    elif [ "$(text_at "$1" 4 4)" = zimg ]; then
        AT=$(number_at "$1" 8 4) SIZE=$(number_at "$1" 12 4)
    else
        return 1
    fi
}

# unpack_payload FILE OUT: by the first bytes of it.  After the compressed data may
# stand its length, of which some tools complain: what came out decides, not their status.
unpack_payload() {
    local AT SIZE tool
    find_payload "$1" || return 1
    case $(od -An -tx1 -j "$AT" -N 6 "$1" | tr -d ' ') in
        1f8b*) tool=(gzip -dc) ;;
        28b52ffd*) tool=(zstd -qdc) ;;
        fd377a585a00) tool=(xz --single-stream -dc) ;;
        5d0000*) tool=(xz --format=lzma -dc) ;;
        02214c18*) tool=(lz4 -dc) ;;
        425a68*) tool=(bzip2 -dc) ;;
        894c5a4f*) tool=(lzop -dc) ;;
        *) return 1 ;;
    esac
    command -v "${tool[0]}" >/dev/null || return 1
    { tail -c "+$((AT + 1))" "$1" | head -c "$SIZE" | "${tool[@]}" >"$2"; } 2>/dev/null || true
}

# boot_kernel FILE OUT: the kernel as it is before compression, if QEMU can enter it so:
# on x86 by PVH, an ELF note of Xen's; on arm64 an Image.  Else as it is.
boot_kernel() {
    if unpack_payload "$1" "$2" && can_be_entered "$2"; then return 0; fi
    cp "$1" "$2"
}

can_be_entered() {
    if [ "$(text_at "$1" 56 4)" = 'ARMd' ]; then return 0; fi
    readelf -n "$1" 2>/dev/null | grep '0x0*12)' >/dev/null
}
