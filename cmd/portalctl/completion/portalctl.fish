# fish completion for portalctl
function __portalctl_complete
    set -l words (commandline -opc)
    $words[1] completion complete -- $words[2..-1] (commandline -ct) 2>/dev/null
end
complete -c portalctl -f -n 'test -n (__portalctl_complete | string collect)' -a '(__portalctl_complete)'
