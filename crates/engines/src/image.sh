# Makes the tests' image: a tar of a small root directory, of this host's own programs. No registry is asked.
# Usage: image.sh <directory to work in> <file to make>
set -eu
root=$1
mkdir -p "$root" && cd "$root"
mkdir -p dev etc home/user/workspace media mnt opt proc root run srv sys tmp usr/bin usr/lib usr/lib64 usr/sbin \
    var/cache var/lib var/log var/tmp
for name in bin lib lib64 sbin; do ln -s "usr/$name" "$name"; done

programs='awk bash cat chmod cp cut date dd echo env false find grep head hostname id kill ln ls mkdir mkfifo mknod mount
    mv perl ps readlink rm sed seq setsid sh sleep sort stat stty su tail tee test timeout touch tr true uname wc'
paths=
for program in $programs; do
    path=$(readlink -f "$(PATH=/usr/bin:/bin:/usr/sbin:/sbin command -v -- "$program" || echo "/usr/bin/$program")")
    # What the shell has built in may be no file of this host's.
    if [ -f "$path" ]; then
        cp -L "$path" "usr/bin/$program"
        paths="$paths $path"
    fi
done
ldd $paths 2>/dev/null | grep -oE '/[^ ):]+\.so[^ ):]*' | sort -u | while read -r library; do
    target=usr/${library#/}
    target=$(echo "$target" | sed 's,^usr/usr/,usr/,')
    mkdir -p "$(dirname "$target")"
    cp -L "$library" "$target"
done
# Perl's modules that the suite uses, which Debian has in a directory of their own.
for directory in /usr/lib/*/perl-base; do
    mkdir -p ".$directory"
    cp -a "$directory/." ".$directory/"
done
# The locale that the guest sets.
for directory in /usr/lib/locale/C.utf8 /usr/lib/locale/C.UTF-8; do
    if [ -d "$directory" ]; then
        mkdir -p usr/lib/locale
        cp -a "$directory" usr/lib/locale/
    fi
done

printf 'root:x:0:0:root:/root:/bin/bash\nuser:x:1000:1000::/home/user:/bin/bash\n' >etc/passwd
printf 'root:x:0:\ntty:x:5:\nuser:x:1000:\n' >etc/group
echo 'passwd: files' >etc/nsswitch.conf
echo '# Yours to change.' | tee home/user/.bashrc >home/user/.profile
chmod 700 root && chmod 1777 tmp var/tmp
tar --create --file "$2" --owner=0 --group=0 --exclude=./home/user .
# A second part of other owners, in the same archive.
tar --append --file "$2" --owner=1000 --group=1000 ./home/user
