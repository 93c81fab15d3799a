"""The simulators' one style sheet: light and dark, from 390 px up, system fonts that have Chinese."""

CSS = """
:root{--bg:#f3f5f9;--card:#fff;--ink:#16202e;--soft:#5a6779;--line:#dfe4ec;--brand:#1f5fd0;--brand-ink:#fff;
--good:#0f7a4d;--good-bg:#e2f5ec;--warn:#8a5200;--warn-bg:#fdf0d9;--bad:#b3261e;--bad-bg:#fdeae8;
--info-bg:#e6eefc;--mute-bg:#eaedf2;--bubble:#fff;--shade:0 1px 2px #10203010,0 6px 24px #1020300d;
color-scheme:light}
@media (prefers-color-scheme:dark){:root{--bg:#0e131b;--card:#171e29;--ink:#e8edf5;--soft:#9aa7b8;
--line:#2a3443;--brand:#7fabff;--brand-ink:#0b1524;--good:#6fd6a4;--good-bg:#12352a;--warn:#f2bd6b;
--warn-bg:#3a2b12;--bad:#ff9a92;--bad-bg:#41201e;--info-bg:#1a2b4a;--mute-bg:#232c39;--bubble:#232d3b;
--shade:0 1px 2px #0006;color-scheme:dark}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);line-height:1.6;font-size:16px;
font-family:system-ui,-apple-system,"PingFang SC","Hiragino Sans GB","Noto Sans CJK SC","Noto Sans SC",
"Source Han Sans SC","Microsoft YaHei",sans-serif;-webkit-text-size-adjust:100%}
a{color:var(--brand);text-decoration:none}a:hover{text-decoration:underline}
h1{font-size:22px;line-height:1.35;margin:0}h2{font-size:16px;margin:0 0 12px}
.en{color:var(--soft);font-size:.82em;font-weight:400}
.wide{max-width:1180px;margin:0 auto;padding:20px 16px 48px}
.narrow{max-width:460px;margin:0 auto;padding:24px 16px 48px}
.top{display:flex;align-items:center;gap:12px;flex-wrap:wrap;margin-bottom:18px}
.top .grow{flex:1}
.mark{width:40px;height:40px;border-radius:12px;background:var(--brand);color:var(--brand-ink);display:grid;
place-items:center;font-weight:700;font-size:19px;flex:none}
.card{background:var(--card);border:1px solid var(--line);border-radius:16px;padding:18px;
margin-bottom:16px;
box-shadow:var(--shade)}
.soft{color:var(--soft)}.small{font-size:13px}.code{font-family:ui-monospace,Menlo,Consolas,monospace;
font-size:12.5px}
.btn{display:inline-flex;align-items:center;justify-content:center;gap:6px;min-height:44px;padding:8px 14px;
border-radius:11px;border:1px solid var(--line);background:var(--card);color:var(--ink);font:inherit;
font-size:14px;cursor:pointer;text-align:center}
.btn:hover{border-color:var(--brand);text-decoration:none}
.btn.main{background:var(--brand);border-color:var(--brand);color:var(--brand-ink);font-weight:600}
.btn.main .en{color:inherit;opacity:.85}
.btn.danger{color:var(--bad)}.btn.full{width:100%;font-size:16px;min-height:52px;margin-top:10px}
.btn.mini{min-height:34px;padding:3px 10px;font-size:13px;border-radius:9px}
:focus-visible{outline:3px solid var(--brand);outline-offset:2px}
.row{display:flex;flex-wrap:wrap;gap:8px;align-items:center}form{margin:0}
.chip{display:inline-block;border-radius:99px;padding:2px 10px;font-size:13px;background:var(--mute-bg);
white-space:nowrap}
.chip.invited{background:var(--info-bg)}.chip.in_progress{background:var(--warn-bg);color:var(--warn)}
.chip.submitted{background:var(--good-bg);color:var(--good)}
.chip.cancelled,.chip.bad{background:var(--bad-bg);color:var(--bad)}
.note{border-radius:12px;padding:10px 14px;margin:0 0 12px;background:var(--good-bg);color:var(--good)}
.note.on{background:var(--bad-bg);color:var(--bad)}
.cols{display:grid;gap:16px}.cols>*{min-width:0}
@media (min-width:1000px){.cols{grid-template-columns:minmax(0,1fr) 340px;align-items:start}}
.item{border-top:1px solid var(--line);padding:14px 0}.item:first-of-type{border-top:0}
.item .row{margin-top:8px}.item b{font-weight:600}
.find{flex:1;min-width:0;min-height:44px;border-radius:11px;border:1px solid var(--line);
background:var(--bg);color:var(--ink);
font:inherit;padding:6px 12px}
dl{display:grid;grid-template-columns:auto 1fr;gap:4px 16px;margin:0}dt{color:var(--soft)}
dd{margin:0;overflow-wrap:anywhere}
.plain{list-style:none;margin:0;padding:0}
.log li{padding:6px 0;border-top:1px solid var(--line);display:flex;gap:8px;align-items:baseline}
.log li:first-child{border:0}.log .grow{flex:1;overflow-wrap:anywhere}
.empty{text-align:center;color:var(--soft);padding:36px 8px}
.hero{text-align:center;padding:28px 8px 8px}.hero .big{width:72px;height:72px;border-radius:50%;
display:grid;place-items:center;margin:0 auto 16px;font-size:28px}
.big.alive{background:var(--info-bg);color:var(--brand)}.big.dead{background:var(--bad-bg);color:var(--bad)}
.hero .en{display:block;margin-top:4px}.hero+dl{margin:20px 0 8px}h1+dl{margin-top:12px}
.switches{display:grid;grid-template-columns:1fr 1fr;gap:8px}.switches .main{grid-column:1/-1}
.switches .btn:not(.main){flex-direction:column;gap:0;line-height:1.4}@media (max-width:999px){.cols>div{
order:-1}}
.when{flex:none;display:flex;flex-direction:column;align-items:flex-end;gap:4px}
.tabs{display:flex;gap:6px;background:var(--mute-bg);padding:4px;border-radius:13px}
.tabs a{padding:7px 16px;border-radius:10px;color:var(--ink)}
.tabs a[aria-current]{background:var(--card);box-shadow:var(--shade);font-weight:600}
.list button,.list>a{display:flex;width:100%;gap:12px;align-items:center;text-align:left;background:none;
border:0;border-top:1px solid var(--line);padding:14px 18px;font:inherit;color:inherit;cursor:pointer}
.list>:first-child button,.list>a:first-child{border-top:0}.list button:hover,.list>a:hover{
background:var(--bg);text-decoration:none}
.list .grow{flex:1;min-width:0}.cut{display:block;overflow:hidden;text-overflow:ellipsis;white-space:nowrap}
.list{padding:0;overflow:hidden}
.face{width:42px;height:42px;border-radius:50%;background:var(--info-bg);display:grid;place-items:center;
flex:none}
.dot{min-width:22px;height:22px;border-radius:99px;background:#d92d20;color:#fff;font-size:12px;
display:grid;
place-items:center;padding:0 6px;font-weight:600}
.handset{display:flex;flex-direction:column;height:100vh;height:100dvh;max-width:430px;margin:0 auto;
background:var(--bg)}
@media (min-width:600px){.handset{height:min(860px,calc(100vh - 48px));margin:24px auto;
border:10px solid #1d2430;
border-radius:44px;overflow:hidden;box-shadow:0 24px 60px #0004}}
.bar{display:flex;align-items:center;gap:8px;padding:10px 12px;background:var(--card);
border-bottom:1px solid var(--line)}
.bar .who{flex:1;text-align:center;font-weight:600}.bar .who .en{display:block;line-height:1.2}
.bar .side{width:72px}.bar button{border:0;background:none;padding:8px;color:var(--brand);font:inherit;
min-height:44px;cursor:pointer}
.talk{flex:1;overflow-y:auto;display:flex;flex-direction:column-reverse;padding:14px}
.sms{align-self:flex-start;max-width:86%;margin-top:14px}
.sms p{background:var(--bubble);border:1px solid var(--line);border-radius:18px 18px 18px 5px;
padding:10px 14px;
margin:0;white-space:pre-wrap;overflow-wrap:anywhere}
.sms .small{display:block;padding:3px 6px;overflow-wrap:anywhere}
.foot{padding:10px 14px 16px;text-align:center;background:var(--card);border-top:1px solid var(--line)}
pre{white-space:pre-wrap;overflow-wrap:anywhere;margin:0;font:inherit}
pre.code{font-family:ui-monospace,Menlo,Consolas,monospace;background:var(--bg);border-radius:10px;
padding:12px;overflow:auto}
iframe{width:100%;height:440px;border:1px solid var(--line);border-radius:12px;background:#fff}
"""
